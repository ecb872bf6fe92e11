"""The types of layers that matter before any layer is built."""

from __future__ import annotations

import re

V1_TYPES = {
    "ABSVAL": ("AbsVal", 35),
    "ACCURACY": ("Accuracy", 1),
    "ARGMAX": ("ArgMax", 30),
    "BNLL": ("BNLL", 2),
    "CONCAT": ("Concat", 3),
    "CONTRASTIVE_LOSS": ("ContrastiveLoss", 37),
    "CONVOLUTION": ("Convolution", 4),
    "DATA": ("Data", 5),
    "DECONVOLUTION": ("Deconvolution", 39),
    "DROPOUT": ("Dropout", 6),
    "DUMMY_DATA": ("DummyData", 32),
    "ELTWISE": ("Eltwise", 25),
    "EUCLIDEAN_LOSS": ("EuclideanLoss", 7),
    "EXP": ("Exp", 38),
    "FLATTEN": ("Flatten", 8),
    "HDF5_DATA": ("HDF5Data", 9),
    "HDF5_OUTPUT": ("HDF5Output", 10),
    "HINGE_LOSS": ("HingeLoss", 28),
    "IM2COL": ("Im2col", 11),
    "IMAGE_DATA": ("ImageData", 12),
    "INFOGAIN_LOSS": ("InfogainLoss", 13),
    "INNER_PRODUCT": ("InnerProduct", 14),
    "LRN": ("LRN", 15),
    "MEMORY_DATA": ("MemoryData", 29),
    "MULTINOMIAL_LOGISTIC_LOSS": ("MultinomialLogisticLoss", 16),
    "MVN": ("MVN", 34),
    "POOLING": ("Pooling", 17),
    "POWER": ("Power", 26),
    "RELU": ("ReLU", 18),
    "SIGMOID": ("Sigmoid", 19),
    "SIGMOID_CROSS_ENTROPY_LOSS": ("SigmoidCrossEntropyLoss", 27),
    "SILENCE": ("Silence", 36),
    "SLICE": ("Slice", 33),
    "SOFTMAX": ("Softmax", 20),
    "SOFTMAX_LOSS": ("SoftmaxWithLoss", 21),
    "SPLIT": ("Split", 22),
    "TANH": ("TanH", 23),
    "THRESHOLD": ("Threshold", 31),
    "WINDOW_DATA": ("WindowData", 24),
}
"""The types of `layers` by their names there: today's name, and the number in a caffemodel."""

DATA = frozenset(
    {
        "AnnotatedData",
        "Data",
        "DummyData",
        "HDF5Data",
        "ImageData",
        "Input",
        "MemoryData",
        "WindowData",
    }
)
"""Layers that read no blob and give the images, and often labels after them."""

_SINKS = re.compile(r"\w*Loss\d?|Accuracy|HDF5Output|Silence|DetectionEvaluate|\w*WithLoss")


def is_sink(kind: str) -> bool:
    """Whether a layer only measures or ends a network, so that it is left out."""
    return _SINKS.fullmatch(kind) is not None


def todays(kind: str) -> str:
    """The name of today for a type of `layers`, which may be a number there."""
    if kind in V1_TYPES:
        return V1_TYPES[kind][0]
    return next((name for name, number in V1_TYPES.values() if str(number) == kind), kind)
