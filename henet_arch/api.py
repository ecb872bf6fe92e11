"""The library's verbs, which take every network that `load` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .analyzers import report
from .conventions.convention import Convention
from .forms import Picture
from .importers.features import with_features
from .importers.load import Source, resolve
from .importers.load import load as _load
from .ir import contract
from .ir.graph import Graph
from .ir.model import Model
from .ir.preprocessing import Preprocessing
from .results.costs import CostName
from .results.report_table import Depth
from .support.errors import TrainError, look_up
from .support.limits import MAX_BLOCKS
from .views.drawing import Direction, Figure, Theme

if TYPE_CHECKING:
    from .analyzers.reconcile import Reconciliation
    from .emitters import Emitted, Target
    from .importers.importer import InputShape
    from .results.table import Result
    from .runtime.classification import Classification
    from .runtime.measure.timing import Timing
    from .runtime.verification import Verification
    from .search.input_sizes import Plans
    from .training.dataset import Listener
    from .training.evaluation.result import Evaluation
    from .training.run.outcome import Outcome
    from .weights.sources import Weights


def load(
    source: Source,
    input_shape: InputShape | None = None,
    *,
    weights: Weights | None = None,
    max_blocks: int = MAX_BLOCKS,
) -> Model:
    """The network that `source` names or holds, with what is known of it.

    Args:
        source: A model, a graph, a spec, a PyTorch module, a preset's name, `package.module:name`
            for a module or what makes one, or the path of a file: a spec in TOML, JSON or YAML, a
            graph in JSON as `to_json` writes it, trained weights, or a network of another
            framework in a format that an importer reads.
        input_shape: The image's shape, (C, H, W) or (H, W), without the batch; by name where there
            are several inputs. None is the network's own.
        weights: What `with_weights` takes, matched by names. None leaves the network those that it
            has, if any.
        max_blocks: How many repeated blocks a spec may build.

    Raises:
        UnknownNameError: `source` names no network, or `weights` nothing that has any.
        FileError: a file cannot be read, or holds no network, or other weights.
        InputShapeError: the network leaves its input open, and no shape is given.
        SpecError, RuleError, ShapeError, GraphError: what it says makes no network.
        SourceError: the weights are of another network.
        LimitError: a spec repeats more than `max_blocks` blocks.
        ExtraError: what reads such a network is not installed.
    """
    model = _load(source, input_shape, max_blocks=max_blocks)
    return model if weights is None else with_weights(model, weights)


def build(source: Source = "henet-r3", *, max_blocks: int = MAX_BLOCKS) -> Graph:
    """The layers of a network, with the reasons for each.

    Args:
        source: What `load` takes.
        max_blocks: How many repeated blocks a spec may build.

    Raises:
        HenetArchError: all that `load` raises.
    """
    return load(source, max_blocks=max_blocks).graph


def features(source: Source, strides: Sequence[int] = ()) -> Model:
    """The network up to its feature maps, as detectors and segmenters take them.

    Of each stride it is the last map before the next reduction. What lies behind the last one is
    not there, and the weights of the other layers are as they were.

    Args:
        source: What `load` takes.
        strides: The strides of the maps, in ascending order; those of all where it is empty.

    Raises:
        RuleError: the network has no maps, or none at a stride.
        SpecError: strides that are not in ascending order; and all that `load` raises.
    """
    return load(with_features(resolve(source), strides))


def analyze(source: Source, convention: str | Convention = "exact") -> report.Report:
    """Every static figure of a network.

    Args:
        source: What `load` takes.
        convention: How operations are counted.

    Raises:
        UnknownNameError: no convention has that name; and all that `load` raises.
    """
    model = load(source)
    return report.of_model(model, convention)


def reconcile(source: Source) -> Reconciliation:
    """Why counters print different totals of a network: what each one counts.

    Args:
        source: What `load` takes.

    Raises:
        HenetArchError: all that `load` raises.
    """
    from .analyzers.reconcile import Reconciliation

    return Reconciliation(load(source).graph)


def explain(source: Source, layer: str | None = None, *, target: str | None = None) -> Result:
    """Which rule decided what in a network, with its numbers and its source.

    Args:
        source: What `load` takes.
        layer: A layer, block or stage; without it all decisions.
        target: What to explain instead: what this target makes of each layer.

    Raises:
        UnknownNameError: there is no such layer or target; and all that `load` raises.
    """
    from .emitters import EXPLAINERS
    from .views.explanation import Explanation

    model = load(source)
    if target is None:
        return Explanation(report.of_model(model), layer)
    return EXPLAINERS[target](model.graph, layer)


def emit(source: Source, target: str | Target = "torch", **options: Any) -> Emitted:
    """The files that a target writes for a network.

    What it returns shows the text of one file by `print` and `.text`, and is written by `.save`.
    It is a mapping from names to bytes.

    Args:
        source: What `load` takes. Weights that a target needs, and it does not have, are random.
        target: The target's name, or a target with its options.
        options: The options of a target that is given by name.

    Raises:
        UnknownNameError: there is no such target, or it has no such option.
        EmitError: the target cannot express a layer, a name or a size, or an option has no such
            value; and all that `load` raises.
    """
    from . import emitters
    from .runtime.emission import emit as emitted

    if isinstance(target, str):
        configured = emitters.configured(emitters.target(target), options)
    else:
        configured = replace(target, **options)
    return emitted(load(source), configured)


def with_weights(source: Source, weights: Weights, match_by: str = "names") -> Model:
    """A network with weights from anywhere, which are read when they are asked for.

    `print(henet_arch.weights.matching.match(model, weights, match_by))` shows what goes where.

    Args:
        source: What `load` takes.
        weights: The name of those that come with the package (`cifar10`), a file of tensors, a
            network with weights, a PyTorch module, or a state dict.
        match_by: `names`, of the network's tensors or of its original's; `order`, for layers of
            other names with the same shapes in the same order; or `permutation`, for those of a
            network that is the same but for the order of its channels.

    Raises:
        UnknownNameError: there is no such way to match.
        FileError: the weights cannot be read, or are of other names or shapes.
        SourceError: there are none, or they are of another network; and all that `load` raises.
    """
    from .weights.matching import match

    return match(load(source), weights, match_by).model


def verify(source: Source, target: str = "torch") -> Verification:
    """Whether what a target emits is the network that was analyzed.

    Random weights show faults that trained ones hide, and come first. A network with weights is
    then held with these against PyTorch in double precision, and one that comes from a PyTorch
    module, an ONNX file or a Caffe network against that too, in its own framework.

    Args:
        source: What `load` takes.
        target: What to hold against the graph: `torch`, `c`, `c-training`, `onnx` or `caffe`.

    Raises:
        UnknownNameError: the target cannot be verified.
        ExtraError: PyTorch, or the network's own framework, is not installed.
        EmitError: the target cannot express the network.
        RunError: the network's own framework cannot run it; and all that `load` raises.
    """
    from .runtime.runner import Runner
    from .runtime.verifiers import by_target
    from .support.optional import need

    model = load(source)
    need("torch", "torch")
    verifier = look_up(target, by_target(), "target to verify")
    verification = verifier.verify(model)
    if not isinstance(verifier, Runner):
        return verification
    from .runtime.faithful import verified

    return verified(verification, model, verifier.outputs)


def time(
    *sources: Source,
    backend: str = "eager",
    runs: int = 5,
    passes: int = 1000,
    watch: Callable[[int, int], object] = lambda done, total: None,
) -> Timing:
    """How long networks take for one image on one core, side by side.

    Args:
        sources: What `load` takes, one or several.
        backend: What runs them.
        runs: How often the passes are repeated.
        passes: Forward passes of a run.
        watch: Called with the passes that are done, and with all.

    Raises:
        UnknownNameError: there is no such backend.
        ExtraError: its package is not installed.
        RunError: there is nothing to run.
        LimitError: there are more runs or passes than the limit; and all that `load` raises.
    """
    from .support.optional import need

    models = list(map(load, sources))
    need("torch", "torch")
    from .runtime.measure.timing import time_networks

    return time_networks(models, backend, runs=runs, passes=passes, watch=watch)


def train(
    source: Source,
    output: str | PathLike[str],
    *,
    weights: Weights | None = None,
    data: str = "digits",
    data_dir: str | PathLike[str] | None = None,
    schedule: str = "quick",
    epochs: int | None = None,
    batch: int = 128,
    rate: float | None = None,
    seed: int = 0,
    init: str | None = None,
    holdout: float | None = None,
    resize: tuple[int, int] | Literal["stretch"] | None = None,
    augment: bool | None = None,
    balanced: bool = False,
    cutout: int | None = None,
    mixup: float | None = None,
    threads: int = 1,
    device: str = "cpu",
    label_smoothing: float = 0.0,
    average_weights: float | None = None,
    patience: int | None = None,
    engine: str | None = None,
    checkpoint_every: int = 100,
    resume: bool = False,
    curves: str = "svg",
    log: str = "csv",
    listener: Listener | None = None,
    watch: Callable[[int, int, dict[str, Any]], None] = lambda step, steps, row: None,
    say: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Train a network, and keep weights, checkpoint, log and curves in a folder.

    Args:
        source: What `load` takes; weights are where the training starts, unless `init` says more.
        output: The folder: a new one, an empty one, or the run's own.
        weights: What `with_weights` takes, to start from; a classifier that they have for another
            number of classes begins anew, or stays that of a source with weights.
        data: The data set.
        data_dir: Where its files are.
        schedule: How the learning rate changes: `quick` or `paper`.
        epochs: Passes over the images; the schedule's own when None.
        batch: Images in a batch.
        rate: The highest learning rate; the schedule's own when None.
        seed: Of weights, order, crops and what is held out.
        init: How weights start: `gaussian` or `kaiming`; the family's way when None.
        holdout: The share of each class that is held out for tests, of a folder without test/ or
            val/; a tenth when None.
        resize: The height and width that images of a folder cover before they are cropped, or
            `stretch`; what suits them when None.
        augment: False to neither crop nor mirror images at random.
        balanced: Whether each class is shown equally often.
        cutout: The side in pixels of a square of each image that is hidden.
        mixup: The alpha with which images are mixed by pairs.
        threads: Threads of a process.
        device: `cpu`, `gpu`, `mps` or `auto`.
        label_smoothing: The share of each label that is spread over all classes, from 0 to below 1.
        average_weights: How much of the average of the weights each step keeps, between 0 and 1;
            the average is tested too, and kept in `averaged.safetensors`. No average when None.
        patience: Tests that may be no better than the best one before training ends.
        engine: What computes the steps: `native`, compiled C, or `torch`; when None, native where
            it can train the network here. A run can go on with another engine.
        checkpoint_every: Steps between two checkpoints.
        resume: Whether to go on with the run in the folder.
        curves: The form of the curves: `svg`, `png` or `pdf`.
        log: `tensorboard` for event files beside the table.
        listener: A `henet_arch.training.dataset.Listener`, told what is done with image files.
        watch: Called with the steps that are done, with all, and with the latest row of the log.
        say: Called with lines on the weights and the engine, before training starts.

    Raises:
        ExtraError: PyTorch, Lightning or another package is not installed.
        DataError: the data set is missing, damaged, or has other classes than the network.
        TrainError: a setting is out of bounds, the folder holds another run, the network gives no
            scores of classes, the engine cannot train it, or the loss is not finite.
        SpecError: the checkpoint to resume is of another network.
        FileError: the folder cannot be used, or its checkpoint not be read; and all that `load`
            raises.
    """
    from .support.optional import need

    for package in ("torch", "lightning", "safetensors"):
        need(package, "train")
    from .training.dataset import SILENT
    from .training.loop import train as run
    from .training.machine import Machine
    from .training.settings import Settings

    if weights is not None and init is not None:
        raise TrainError(
            "weights change nothing here: init starts anew", fix="one of them, and not both"
        )
    settings = Settings(
        data,
        schedule,
        epochs,
        batch,
        rate,
        seed,
        init,
        balanced=balanced,
        cutout=cutout,
        mixup=mixup,
        augment=augment,
        holdout=holdout,
        resize=resize,
        label_smoothing=label_smoothing,
        average_weights=average_weights,
        patience=patience,
    )
    model = load(source)
    if weights is not None:
        from .weights.matching import match_to_train

        matching = match_to_train(model, weights)
        model = matching.model
        for note in matching.notes:
            say(f"note: {note}")
    return run(
        model,
        settings,
        Path(output),
        data_dir=_path(data_dir),
        resume=resume,
        machine=Machine(device, threads, checkpoint_every, engine),
        curves=curves,
        log=log,
        listener=listener or SILENT,
        watch=watch,
        say=say,
    )


def evaluate(
    source: Source,
    data: str | None = None,
    *,
    data_dir: str | PathLike[str] | None = None,
    holdout: float | None = None,
    seed: int = 0,
    backend: str = "eager",
    listener: Listener | None = None,
) -> Evaluation:
    """How well trained weights tell the held-out images of a data set.

    Args:
        source: What `load` takes, with weights.
        data: The data set; the one that they were trained on when None.
        data_dir: Where its files are.
        holdout: The share of each class that the training held out, of a folder without test/ or
            val/; without it all images of such a folder are tested.
        seed: The training's, which says what was held out.
        backend: What runs the network.
        listener: A `henet_arch.training.dataset.Listener`, told what is done with image files.

    Raises:
        ExtraError: PyTorch, or the backend's package, is not installed.
        SourceError: the source has no weights, or does not say how its images were normalised.
        PreprocessingError: what it says does not fit it, or the images.
        TrainError: the network gives no scores of classes.
        LimitError: an image of the network needs too much memory.
        UnknownNameError: there is no such backend.
        EmitError, RunError: the backend cannot run the network.
        DataError: the data set is missing, damaged, or has other classes; and all that `load`
            raises.
    """
    from .support.optional import need

    need("torch", "train")
    from .training.dataset import SILENT
    from .training.evaluation.evaluate import evaluate as test

    return test(
        load(source),
        data,
        _path(data_dir),
        holdout=holdout,
        seed=seed,
        backend=backend,
        listener=listener or SILENT,
    )


def classify(
    source: Source, *images: str | PathLike[str], backend: str = "eager"
) -> Classification:
    """What a network says of image files.

    Args:
        source: What `load` takes, with weights, preprocessing, and perhaps names of classes.
        images: Files, and folders of them: PGM and PPM; and PNG, JPEG, BMP and WebP by Pillow.
        backend: What runs the network.

    Raises:
        ExtraError: PyTorch, or the backend's package, is not installed.
        UnknownNameError: there is no such backend.
        SourceError: the source has no weights, no preprocessing, or gives no scores of classes.
        PreprocessingError: its preprocessing or its names of classes do not fit it.
        FileError: a file is no image that can be read; and all that `load` raises.
    """
    from .support.optional import need

    need("torch", "torch")
    from .runtime.classification import classify as answers

    return answers(load(source), map(Path, images), backend)


def with_images(
    source: Source,
    preprocessing: str | Preprocessing | None = None,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    channel_order: str | None = None,
    resize: tuple[int, int] | Literal["stretch"] | None = None,
    class_names: Sequence[str] | None = None,
) -> Model:
    """A network with other words on its images and classes; what is not said stays as it is.

    Args:
        source: What `load` takes.
        preprocessing: All of it, or a name: `bytes`, `unit`, `signed`, `imagenet` or `caffe`.
            Without it the rest changes the network's own, or `bytes` where it has none.
        mean: A number for each channel, or one for all; in bytes, or in what the name stands for.
        std: The same.
        channel_order: `RGB`, `BGR`, `grey` or `other`.
        resize: The height and width that an image covers before its middle is cut out; `stretch`
            brings it to the input's size at once.
        class_names: A name for each element of the output.

    Raises:
        UnknownNameError: there is no such preprocessing or channel order.
        PreprocessingError: it is not valid, or does not fit the network; and all that `load`
            raises.
    """
    return contract.with_images(
        load(source),
        preprocessing,
        class_names,
        mean=mean,
        std=std,
        channel_order=channel_order,
        resize=resize,
    )


def plan(source: Source, layers: int | None = None, *, last_odd: bool = False) -> Plans:
    """The input sizes nearest to a network's at which every stride-2 layer meets an odd size.

    Args:
        source: What `load` takes.
        layers: How many stride-2 layers there are; as many as the spec's network has when None.
        last_odd: Whether the last size must be odd too.

    Raises:
        SourceError: there is no spec, and `layers` is None.
        RuleError: the network's sizes are not those of odd-resolution padding, or it has no
            stride 2.
        LimitError: there are too many layers; and all that `load` raises.
    """
    from .search.input_sizes import plan as make

    return make(resolve(source), layers, last_odd)


def draw(
    source: Source,
    output: str | PathLike[str] | None = None,
    *,
    compare: Source | None = None,
    depth: Depth = "blocks",
    fold: bool = True,
    color_by: CostName | None = None,
    theme: Theme | None = None,
    direction: Direction | None = None,
    fit: str | None = None,
    figure: Figure | None = None,
) -> Picture:
    """A drawing of a network, or of two side by side; it shows itself in Jupyter.

    Args:
        source: What `load` takes.
        output: A file to write it to, in the form of its ending.
        compare: A network beside it.
        depth: How much to show.
        fold: Whether equal neighbours are drawn once.
        color_by: A cost to tint by.
        theme: The ground of a picture.
        direction: Where the data flows to; by default right in a picture, down in other forms.
        fit: A page to fit a picture to: "a4", "column", "slide", or a size as "120x80mm".
        figure: One figure of the paper instead.

    Raises:
        UnknownNameError: no form has that ending.
        DrawError: the form cannot show it, or needs Graphviz, and it is missing.
        FileError: the file cannot be written; and all that `load` raises.
    """
    sources = (source,) if compare is None else (source, compare)
    reports = tuple(map(analyze, sources))
    picture = Picture(reports, depth, fold, color_by, theme, direction, fit, figure)
    if output is not None:
        picture.save(output)
    return picture


def _path(path: str | PathLike[str] | None) -> Path | None:
    return None if path is None else Path(path)
