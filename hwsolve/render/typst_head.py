"""The head of every Typst source: how the kinds of blocks are set."""

from __future__ import annotations

HEAD = r"""#let soft = rgb("#57606a")
#let bounds = (top-edge: "bounds", bottom-edge: "bounds")
#let shown(eq) = math.equation(math.display(eq.body))

#let page-of(title: "", lang: "en", body) = {
  let fonts = sys.inputs.at("fonts", default: "").split(",").filter(f => f != "")
  set document(title: title, date: none)
  set page(paper: "a4", margin: (x: 2.2cm, y: 2.2cm), numbering: "1 / 1")
  set text(size: 10.5pt, lang: lang, font: ("New Computer Modern", ..fonts))
  show math.equation: set text(font: ("New Computer Modern Math", ..fonts))
  show raw: set text(font: ("DejaVu Sans Mono", ..fonts), size: 8.5pt)
  // "--full" is neither one dash nor broken behind its hyphens
  show regex("-{2,}\w*|'{2,}|`{2,}|,{2,}|[?!]`"): it => box({ set text(ligatures: false); it })
  set math.mat(column-gap: .9em, row-gap: .35em)
  set par(justify: false, leading: .62em, spacing: .8em)
  show heading.where(level: 1): set text(size: 16pt)
  show heading.where(level: 1): set block(below: 1em)
  show heading.where(level: 2): set text(size: 12pt)
  show heading.where(level: 2): set block(above: 1.5em, below: .8em)
  body
}

// What leads to the next block, and stays on its page.
#let lead(body) = block(sticky: true, spacing: .8em, par(body))

// What is wider than there is room for is made smaller: nothing is cut off.
#let fit(room, body) = {
  let wide = measure(body).width
  if wide > room { scale(room / wide * 100%, reflow: true, body) } else { body }
}

#let eq(lead, ..links, why: none, depth: 0) = (lead: lead, links: links.pos(), why: why, depth: depth)

// A link in a box; its pieces are in boxes of their own where it does not fit as a whole.
#let boxed(link, room) = {
  if type(link) != array { return box(fit(room, shown(link))) }
  let whole = box(link.map(shown).join())
  if measure(whole).width <= room { whole } else { link.map(piece => box(fit(room, shown(piece)))).join() }
}

// A chain: the left side, links that wrap under the first one, and the reason at the right.
#let one(row, lead-width, size) = {
  set text(..bounds)
  let lead = fit(size.width, shown(row.lead))
  let own = measure(lead).width
  let aligned = row.depth == 0 and own <= lead-width
  let inset = row.depth * 1.5em
  let hang = if aligned { lead-width + .3em } else { inset + 2em }
  let room = size.width - measure(box(width: hang)).width
  let body = {
    if aligned { box(width: lead-width, align(right, lead)) } else { h(inset); box(lead) }
    h(.3em)
    row.links.map(link => boxed(link, room)).join(h(.3em, weak: true))
  }
  let set-par(more) = par(hanging-indent: hang, body + more)
  let why = text(size: 9pt, fill: soft, if text.lang == "zh" [（#row.why）] else [(#row.why)])
  let height(body) = measure(body, width: size.width).height
  let fits = measure(why).width <= size.width * 60% and height(set-par(h(1em) + box(why))) < height(set-par([])) + 1pt
  if row.why == none { set-par([]) } else if fits { set-par(h(1fr) + box(why)) } else {
    set-par([])
    block(above: .5em, width: 100%, align(right, why))
  }
}

#let chain(..rows) = layout(size => {
  let all = rows.pos()
  let leads = all.filter(r => r != none and r.depth == 0 and r.lead != none).map(r => measure(shown(r.lead)).width)
  let lead-width = calc.max(0pt, ..leads.filter(w => w <= size.width * 30%))
  for r in all {
    if r == none { v(.35em) } else if r.lead == none { par(r.why) } else { one(r, lead-width, size) }
  }
})

// Quantities beside each other, as many as fit.
#let flow(..rows) = layout(size => {
  set text(..bounds)
  let waiting = ()
  let whole(r) = {
    let links = if r.lead == none { () } else { (r.lead, ..r.links) }
    let math = links.flatten().map(shown).join(h(.3em))
    box(if r.why == none { math } else { math + h(.4em) + text(size: 9pt, fill: soft, r.why) })
  }
  let sent(boxes) = if boxes.len() > 0 { par(boxes.join(h(1.6em, weak: true))) }
  for r in rows.pos() {
    let made = whole(r)
    if r.lead == none and measure(made).width > size.width {
      sent(waiting)
      waiting = ()
      par(made)
    } else if measure(made).width <= size.width { waiting.push(made) } else {
      sent(waiting)
      waiting = ()
      one(r, 0pt, size)
    }
  }
  sent(waiting)
})

#let card(name, table: none, ..rows) = block(
  width: 100%, inset: 9pt, radius: 3pt, stroke: .7pt + rgb("#0969da"), fill: rgb("#f3f8ff"),
  strong(name) + table + if rows.pos().len() > 0 { flow(..rows) },
)

#let note(body) = block(text(size: 9pt, fill: soft, body))

#let grille(aligned, ..cells) = block({
  set text(size: 9pt)
  set par(leading: .5em)
  table(columns: aligned.len(), align: aligned, stroke: none, inset: (x: 4pt, y: 3pt), ..cells)
})

#let mark(body) = table.cell(fill: rgb("#fff3bf"), strong(body))
#let cells(columns, ..all) = table(columns: columns, align: right, stroke: .4pt + soft, inset: 4pt, ..all)

// Lines over two axes; the points are between 0 and 1.
#let colours = (rgb("#0969da"), rgb("#b35900"), rgb("#1a7f37"), rgb("#8250df"))
#let dashes = ("solid", "dashed", "dotted", "dash-dotted")
#let plot(left-end, right-end, low, high, x-label, y-label, series) = {
  set text(size: 8.5pt)
  let (across, down) = (11cm, 4.2cm)
  let pen(n) = (paint: colours.at(calc.rem(n, 4)), thickness: 1pt, dash: dashes.at(calc.rem(n, 4)))
  let at(p) = (p.at(0) * across, (1 - p.at(1)) * down)
  let field = box(width: across, height: down, stroke: (left: .5pt, bottom: .5pt), {
    for (n, (_, points)) in series.enumerate() {
      for (a, b) in points.zip(points.slice(calc.min(1, points.len()))) {
        place(line(start: at(a), end: at(b), stroke: pen(n)))
      }
    }
  })
  grid(
    columns: (auto, across), column-gutter: 4pt, row-gutter: 4pt,
    [], y-label,
    grid(rows: (down - .8em, auto), align: right, high, low), field,
    [], grid(columns: (1fr, auto, 1fr), left-end, x-label, align(right, right-end)),
  )
  if series.len() > 1 {
    for (n, (name, _)) in series.enumerate() {
      block(above: 4pt, box(baseline: -3pt, line(length: 8mm, stroke: pen(n))) + h(4pt) + name)
    }
  }
}
#let drawing(name, body) = block(breakable: false, par(text(size: 9pt, fill: soft, name)) + body)
"""
