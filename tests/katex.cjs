// Reads [[mathematics, whether it is displayed], …] from the standard input; writes what KaTeX and MathJax refuse.
const found = JSON.parse(require("fs").readFileSync(0, "utf8"));
const katex = require("katex");
const warned = [];
console.warn = (text) => warned.push(String(text));
const wrong = [];
for (const [text, displayMode] of found) {
  warned.length = 0;
  try {
    katex.renderToString(text, { displayMode, throwOnError: true, strict: "warn" });
    for (const w of warned) if (!/CJK/.test(text) && !/[\u2e80-\uffef]/.test(text)) wrong.push([text, w]);
  } catch (error) {
    wrong.push([text, String(error)]);
  }
}
let mathjax = false;
try {
  const { mathjax: mj } = require("mathjax-full/js/mathjax.js");
  const { TeX } = require("mathjax-full/js/input/tex.js");
  const { AllPackages } = require("mathjax-full/js/input/tex/AllPackages.js");
  const { SVG } = require("mathjax-full/js/output/svg.js");
  const { liteAdaptor } = require("mathjax-full/js/adaptors/liteAdaptor.js");
  const { RegisterHTMLHandler } = require("mathjax-full/js/handlers/html.js");
  const adaptor = liteAdaptor();
  RegisterHTMLHandler(adaptor);
  const packages = AllPackages.filter((name) => name !== "bussproofs" && name !== "noerrors" && name !== "noundefined");
  const html = mj.document("", { InputJax: new TeX({ packages }), OutputJax: new SVG({ fontCache: "none" }) });
  mathjax = true;
  for (const [text, display] of found) {
    try {
      const out = adaptor.outerHTML(html.convert(text, { display }));
      if (/data-mjx-error/.test(out)) wrong.push([text, "MathJax: " + out.match(/data-mjx-error="([^"]*)"/)[1]]);
    } catch (error) {
      wrong.push([text, "MathJax: " + error]);
    }
  }
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND") throw error;
}
process.stdout.write(JSON.stringify({ checked: found.length, mathjax, wrong: wrong.slice(0, 20) }));
