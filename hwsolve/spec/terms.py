"""The words of the field: what a name that is not known is called, and which names are only not there yet.

A term of torch.nn, torch.optim or a textbook that hwsolve lacks is no mistake of the reader's: it is said to be not
there yet, and nothing is suggested in its place.  A name that is added to hwsolve may stay here.
"""

from __future__ import annotations

import msgspec

from hwsolve.language import Message, say
from hwsolve.spec.names import all_known, bare, clip, near_name, same_name


class Terms(msgspec.Struct, frozen=True):
    """One kind of names: as errors say it, as `hwsolve list` calls them, and those of the field that may be absent.

    `instead`: names that stand elsewhere, with what to write in their place.
    """

    what: Message
    listing: str
    field: tuple[str, ...] = ()
    instead: dict[str, Message] = {}

    def absent(self, name: str, known: list[str]) -> bool:
        """Whether the field knows a name that hwsolve does not."""
        return bare(name) in map(bare, self.field) and same_name(name, known) is None

    def unknown(self, name: str, known: list[str]) -> tuple[Message, Message | None]:
        """What is wrong with a name that is not known, and a hint."""
        if self.absent(name, known):
            return not_there_yet(self.what, name), say("`{command}` shows what there is.", command=self.command)
        message = say("Unknown {what} `{name}`.", what=self.what, name=clip(name))
        if (elsewhere := same_name(name, list(self.instead))) is not None:
            return message, self.instead[elsewhere]
        near = same_name(name, known) or near_name(name, [*known, *self.field])
        if near is None:
            return message, all_known(known)
        return message, say("Did you mean `{near}`?", near=near) if near in known else not_there_yet(self.what, near)

    @property
    def command(self) -> str:
        """The command that lists what is there."""
        return f"hwsolve list {self.listing}"


def not_there_yet(what: Message, name: str) -> Message:
    """A term of the field that hwsolve does not have."""
    return say("The {what} `{name}` is not there yet.", what=what, name=clip(name))


def called(form: str) -> Message:
    """What a term of the field is called here."""
    return say("Here it is `{form}`.", form=form)


def words(text: str) -> tuple[str, ...]:
    """Names parted by blanks."""
    return tuple(text.split())


ACTIVATIONS = words(
    """celu glu hard_shrink log_softplus maxout rrelu soft_shrink softmax2d tanh_shrink threshold
    sparsemax gumbel_softmax squareplus snake"""
)

LAYER = Terms(
    say("layer"),
    "layers",
    words(
        """log_softplus maxout sparsemax gumbel_softmax squareplus snake rnn_base rnn_cell_base conv_lstm peephole_lstm
        recurrent time_distributed additive_attention adaptive_log_softmax_with_loss drop_connect
        gaussian_noise gaussian_dropout cosine_similarity pairwise_distance roi_pool spatial_pyramid_pooling
        spectral_norm weight_norm deformable_conv2d graph_conv gcn capsule highway sequential module_list
        squeeze unsqueeze"""
    ),
    {
        name: called(form)
        for form, names in {
            "rnn": "simple_rnn vanilla_rnn elman_rnn",
            "rnn: {bidirectional: true, …}": "bidirectional_rnn bidirectional",
            "lstm: {bidirectional: true, …}": "bidirectional_lstm bilstm",
            "attention": "self_attention dot_product_attention scaled_dot_product_attention",
            "attention: {inputs: [q, k, v]}": "cross_attention",
            "multihead_attention": "mha multi_head_self_attention",
            "multihead_attention: {kv_heads: …}": "grouped_query_attention multi_query_attention",
            "positional_encoding: {kind: learned}": "positional_embedding",
            "positional_encoding: {kind: rotary}": "rotary_embedding rope",
            "linear": "feed_forward",
            "upsample: {scale_factor: 2, mode: bilinear, align_corners: true}": "upsampling_bilinear2d",
            "upsample: {scale_factor: 2}": "upsampling_nearest2d",
        }.items()
        for name in names.split()
    },
)
ACTIVATION = Terms(say("activation"), "layers", (*ACTIVATIONS, "softmin", "swiglu", "geglu"))
POOLING = Terms(say("pooling layer"), "layers", tuple(name for name in LAYER.field if "pool" in name))
CONVOLUTION = Terms(
    say("convolution"),
    "layers",
    tuple(name for name in LAYER.field if "conv" in name),
    {
        "depthwise_conv2d": say("`conv2d` with as many `groups` as channels is one."),
        "separable_conv2d": say("That is two convolutions, which `backprop` works out as a network."),
    },
)

LOSS = Terms(
    say("loss"),
    "losses",
    words(
        """adaptive_log_softmax_with_loss cosine_similarity squared_hinge linear_cross_entropy
        linear_cross_entropy_loss
        triplet_margin_with_distance_loss contrastive_loss info_nce focal_loss dice_loss iou_loss
        log_cosh exponential_loss perceptron_loss zero_one_loss mape msle rmse wasserstein"""
    ),
    {
        "triplet_loss": called("triplet_margin_loss"),
        "logistic_loss": called("binary_cross_entropy_with_logits"),
        "squared_error": called("mse_loss"),
    },
)
OPTIMIZER = Terms(
    say("optimizer"),
    "optimizers",
    words(
        """adafactor amsgrad ftrl lamb lars lbfgs lion muon
        newton conjugate_gradient sparse_adam shampoo adabound"""
    ),
    {"averaged_sgd": called("asgd"), "resilient_propagation": called("rprop")},
)
INITIALIZATION = Terms(
    say("initialization"),
    "initializers",
    words("lecun lecun_uniform lecun_normal variance_scaling delta_orthogonal lsuv fixup identity"),
)
FUNCTION = Terms(
    say("function"),
    "functions",
    ACTIVATIONS
    + words(
        """asinh acosh atanh sec csc cot coth sech csch acot atan2 arsinh arcosh artanh arctanh log1p expm1 erfc erfinv
        erfcx lgamma digamma loggamma beta binomial factorial bessel zeta cbrt hypot sinc mod fmod round trunc frac
        clip clamp argmax argmin median var variance std cov corr cumsum trace det inv inverse transpose rank eig
        svd diag outer kron conv fft integral integrate limit re im conj arg cross_entropy mse kl_div
        real imag sort gcd lcm logit log_normal attention"""
    ),
)
KIND = Terms(
    say("kind"),
    "kinds",
    words("attention transformer rnn lstm gru recurrent hopfield boltzmann optimizer normalization"),
)
