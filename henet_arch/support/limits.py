"""What input may ask for at most; far beyond use, and small enough to be answered in seconds."""

from typing import Final

MAX_BLOCKS: Final = 20_000
"""Repeated blocks in one network, unless the caller asks for more."""

MOST_BLOCKS: Final = 100_000
"""Repeated blocks in one network, whatever the caller asks for: they take about 1 GB."""

LARGEST: Final = 10**12
"""The largest size, width or count in a spec."""

MOST_WIDTHS: Final = 1_000
"""The longest list in a spec."""

MOST_VALUES: Final = 1_000_000
"""Values that one number of a spec may take in a space."""

MOST_HALVINGS: Final = 40
"""Layers of stride 2 that one size is planned for; they make 1 of the largest size."""

LARGEST_AMOUNT: Final = 10**18
"""The largest bound of a search."""

MOST_JOBS: Final = 256
"""Processes of one search on one machine."""

MOST_RUNS: Final = 100
"""Runs in which networks are timed."""

MOST_PASSES: Final = 100_000
"""Forward passes of one such run."""

MOST_THREADS: Final = 256
"""Threads of one process that trains."""

LARGEST_SETTING: Final = 1_000_000
"""The largest number of a training: epochs, images in a batch, steps, a seed."""

LARGEST_ALPHA: Final = 100
"""An alpha of mixup that mixes all images evenly."""

MAX_SPECS: Final = 1_000_000_000
"""Specs of one space, unless the caller asks for more."""

TITLE: Final = r"[A-Za-z][A-Za-z0-9_-]*"
"""What a name of a network or a family looks like."""

LONGEST_TITLE: Final = 64
"""Characters of such a name."""

MOST_PLANES: Final = 1_000_000
"""Channels of all layers together in a network that is lowered, as for C."""

MOST_PHASES: Final = 16_384
"""Phases of one window in a network that is lowered, the product of its strides."""

MOST_ELEMENTS: Final = 2**31 - 1
"""Elements of what C counts with `int`: a workspace, an image, weights."""

LARGEST_SPEC_FILE: Final = 64 * 1024
"""Bytes of a spec file; one with the longest lists fits."""

LARGEST_GRAPH_FILE: Final = 64 * 1024 * 1024
"""Bytes of a graph in JSON; one of 100,000 layers fits."""

LARGEST_REPORT_FILE: Final = 16 * 1024 * 1024
"""Bytes of a saved report; one of 30,000 layers fits."""

LARGEST_ONNX_FILE: Final = 2 * 1024**3
"""Bytes of an ONNX file; protobuf holds no more, and larger weights lie beside it."""

LARGEST_WEIGHTS_FILE: Final = 4 * 1024**3
"""Bytes of a file of weights or of a training's state; those of 300 million parameters fit."""

LARGEST_IMAGE: Final = 16_384
"""Pixels of one side of an image that is classified."""

MOST_IMAGE_CHANNELS: Final = 256
"""Channels of such an image."""

LARGEST_IMAGE_FILE: Final = 2 * 1024**3
"""Bytes of such an image's file; of the largest, with two bytes for each value, it has 1.6e9."""

LARGEST_NAMES_FILE: Final = 16 * 1024 * 1024
"""Bytes of a file with a class in each line."""

LONGEST_CLASS_NAME: Final = 1000
"""Characters of the name of a class."""

LARGEST_DATA_FILE: Final = 1024**3
"""Bytes of one file of a data set; the largest of those that are read has 183 million."""

LARGEST_LIBRARY_FILE: Final = 256 * 1024 * 1024
"""Bytes of a compiled network, which has no weights inside."""

MOST_IMAGES: Final = 5_000_000
"""Files of a folder of images that a network is trained on."""

LARGEST_CACHE: Final = 64 * 1024**3
"""Bytes of all images that are kept decoded; those that were not used for longest go first."""
