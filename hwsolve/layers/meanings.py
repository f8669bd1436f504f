"""What the arguments of layers mean, by their names in torch.nn, where they mean the same in every layer.

A layer with an argument of its own, or with another meaning for one of these, has it in its own `MEANINGS`.
"""

from __future__ import annotations

from hwsolve.language import Message, say

PARAMETER: dict[str, Message] = {
    "values": say("its numbers, as nested lists or by a rule such as `linspace`"),
    "value": say("one number for every element"),
    "init": say("how its numbers are drawn: a function of torch.nn.init"),
    "seed": say("where the random numbers of `init` start"),
    "rows": say("whether a row of `values` belongs to an output, as in z = W a + b, or to an input"),
    "tie": say("the parameter of a layer before that it is once more: `encoder`, or `encoder.weight`"),
    "transposed": say("whether it is that parameter transposed"),
    "shared": say("whether one number is the parameter of all units"),
    "trainable": say("whether updates change it"),
    "weight_decay": say("its own weight decay, in place of the optimizer's"),
    "symbols": say("a letter for it, or nested lists of a name for every element"),
}
SYMBOLS: dict[str, Message] = {
    "weight": say("the letter of the weights"),
    "bias": say("the letter of the bias"),
    "output": say("the letter of what comes out"),
    "probability": say("the letter of the probabilities"),
}

ARGUMENTS: dict[str, Message] = {
    "name": say("the layer's own name, in place of its type and number"),
    "trainable": say("whether updates change the layer's parameters"),
    "symbols": say("the letters for its weight, bias and output"),
    "weight": say("the weights: numbers, or how they are drawn"),
    "bias": say("the bias: numbers, how they are drawn, or whether there is one"),
    "in_features": say("how many values come in; those that do unless given"),
    "in_channels": say("how many channels come in; those that do unless given"),
    "num_features": say("how many channels come in; those that do unless given"),
    "num_channels": say("how many channels come in; those that do unless given"),
    "input_size": say("how many values come in at each step; those that do unless given"),
    "out_features": say("how many values come out"),
    "out_channels": say("how many channels come out, one for each bank of kernels"),
    "kernel_size": say("the sides of the window that slides over the map"),
    "stride": say("how far the window moves from one place to the next; in pooling, its own side unless given"),
    "padding": say("cells that are added on each side of the map"),
    "dilation": say("how far apart the cells of the window lie"),
    "groups": say("into how many groups the channels are split; each output channel sees one of them"),
    "padding_mode": say("what the added cells hold: zeros, or copies of cells of the map"),
    "output_padding": say("cells that are added on one side of the map that comes out"),
    "output_size": say("the sides of the map that comes out; `none` keeps that of the input"),
    "ceil_mode": say("whether the number of places is rounded up"),
    "count_include_pad": say("whether the cells of the padding count in the mean"),
    "divisor_override": say("what the sum is divided by, in place of the number of cells"),
    "features": say("how many values come out in all, in place of a window"),
    "eps": say("a small number that is added to the variance"),
    "momentum": say("the weight of the newest batch in the running statistics"),
    "affine": say("whether γ and β are learned"),
    "elementwise_affine": say("whether γ and β are learned"),
    "track_running_stats": say("whether running statistics are kept; they are no parameters"),
    "gradient": say(
        "how the gradient of what comes in is written: what comes through x̂, variance and mean as a term "
        "each, or all of it in its closed form"
    ),
    "normalized_shape": say("the last axes, over which the values are normalised"),
    "num_groups": say("into how many groups the channels are split"),
    "negative_slope": say("the slope for x < 0"),
    "num_parameters": say(
        "how many slopes are learned: one, or one for each channel; in Keras, without it, one for each element"
    ),
    "init": say("the slope that learning starts from"),
    "alpha": say("the scale of the negative side"),
    "beta": say("how sharp the bend is"),
    "approximate": say("`tanh` for the approximation by tanh"),
    "dim": say("the axis; positive ones count the batch as 0, negative ones count from the last"),
    "start_dim": say("the first axis that is joined; positive ones count the batch as 0"),
    "end_dim": say("the last axis that is joined"),
    "unflattened_size": say("the sizes that take the place of the axis"),
    "p": say("the probability that a value is set to 0"),
    "size": say("the sides of the map that comes out"),
    "scale_factor": say("how many times as long each side becomes"),
    "mode": say("how new values are made from their neighbours"),
    "align_corners": say("whether the corners of both maps lie on each other"),
    "upscale_factor": say("how many times as high and wide the map becomes"),
    "num_embeddings": say("how many rows the table has"),
    "embedding_dim": say("how many numbers a row has"),
    "padding_idx": say("the index whose row is not learned"),
}

RECURRENT: dict[str, Message] = {
    "hidden_size": say("how many units the state has"),
    "num_layers": say("how many layers stand one on the other; parameters of the second end in `_l2`"),
    "bidirectional": say("whether a second state runs backwards; its parameters end in `_reverse`"),
    "weight_ih": say("the weights of the input: all gates one below the other, or by gate"),
    "weight_hh": say("the weights of the state: all gates one below the other, or by gate"),
    "weight_hr": say("the weights of the projection"),
    "weight": say("one matrix for state and input, in place of two"),
    "concat": say("in which order `weight` reads state and input"),
    "bias": say("one bias: numbers, how they are drawn, or whether there is one; without numbers PyTorch's two"),
    "bias_ih": say("the bias of the input, of two"),
    "bias_hh": say("the bias of the state, of two"),
    "gates": say("the order of the gates in packed parameters; PyTorch's unless given"),
    "initial": say(
        "the states before the first step: numbers, or the name of a quantity, as of what an encoder ends with; "
        "0 unless given"
    ),
    "returns": say("whether the states of all steps come out, or the last one; `output` is the name of what comes out"),
    "truncate": say("after so many steps the state goes on as a constant, through which no gradient comes back"),
    "nonlinearity": say("the activation"),
    "proj_size": say("how many units the state is projected to; no projection unless given"),
    "reset": say("whether the reset gate acts after the product with the weights, as in PyTorch, or before"),
    "update": say("whether the update gate keeps the old state, as in PyTorch, or replaces it"),
    "symbols": say("the letters of its quantities"),
}

DRAWN_HINTS: dict[str, Message] = {"init": say("As `{form}`.", form="weight: {init: normal}")}

RECURRENT_HINTS: dict[str, Message] = {
    "init": say("As `{form}`.", form="weight_ih: {init: normal}"),
    "dropout": say(
        "Dropout between stacked layers is an item of its own: a layer, `dropout`, the next layer. Of a single "
        "layer PyTorch's `dropout` drops nothing."
    ),
    "proj_size": say("Only `{layer}` has a projection.", layer="lstm"),
    **{f"{s}0": say("As `{form}`.", form=f"initial: {{{s}: […]}}") for s in ("h", "c")},
}  # of keys that other libraries have
