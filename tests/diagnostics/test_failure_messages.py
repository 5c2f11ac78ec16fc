"""What printed lines tell about failures, with figures; and which lines only look like it."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.failure_messages import recognise, recognise_all

LINES = {
    "out-of-memory": [
        "RuntimeError: CUDA error: out of memory",
        "RuntimeError: cuda runtime error (2) : out of memory at THCStorage.cu:58",
        "[rank3]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
        "\x1b[0;31mOutOfMemoryError\x1b[0m: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0",
        "torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 96.00 MiB (GPU 0; ",
        "RuntimeError: MPS backend out of memory (MPS allocated: 8.10 GB, max allowed: 9.07 GB).",
        "RuntimeError: XPU out of memory. Tried to allocate 30.00 MiB",
        "RuntimeError: NPU out of memory. Tried to allocate 40.00 MiB (NPU 0; 29.50 GiB total",
        "jaxlib.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 4294967296 bytes.",
        "RESOURCE_EXHAUSTED: Ran out of memory in memory space hbm. Used 17.13G of 15.48G hbm.",
        "ResourceExhaustedError: OOM when allocating tensor with shape[64,512,3072] and type float",
        "InternalError: Dst tensor is not initialized.",
        "RESOURCE_EXHAUSTED: Attempting to reserve 5.25G at the bottom of memory.",
        "E0101 cuda_driver.cc:1018] failed to alloc: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        "FATAL ERROR :: MODULE:PT_DEVMEM Allocation failed for size::1073741824",
    ],
    "host-out-of-memory": [
        "Killed",
        "Getötet",
        "已杀死",
        "./train.sh: line 12:  4711 Killed                  python train.py",
        "zsh: killed     python train.py",
        "Out of memory: Killed process 4711 (python) total-vm:52428800kB",
        "subprocess.CalledProcessError: Command 'x' died with <Signals.SIGKILL: 9>.",
        "command terminated with exit code 137",
        "failed (exitcode: -9) local_rank: 0 (pid: 4711) of binary: /usr/bin/python3",
        "Signal 9 (SIGKILL) received by PID 4711",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=4711.batch.",
        "RuntimeError: DataLoader worker (pid 4711) is killed by signal: Killed.",
        (
            "ERROR: Unexpected bus error encountered in worker. Perhaps caused by insufficient "
            "shared memory (shm)."
        ),
        "RuntimeError: unable to open shared memory object </torch_4711> in read-write mode",
        (
            "RuntimeError: [enforce fail at alloc.cpp:67] . DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 4831838208 bytes. Error code 12 (Cannot allocate memory)"
        ),
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 3.20 GiB for an array",
        "MemoryError",
        "OSError: [Errno 12] Cannot allocate memory",
        "Your session crashed after using all available RAM.",
    ],
    "label-error": [
        "Assertion `t >= 0 && t < n_classes` failed.",
        "RuntimeError: CUDA error: device-side assert triggered",
        "IndexError: Target 9 is out of bounds.",
        "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "KeyError: 'B-LOC'",
        "KeyError: 'tags'",
    ],
    "version-conflict": [
        (
            "T5Converter requires the protobuf library but it was not found in your environment. "
            "Checkout the instructions on the installation page of its repo."
        ),
        "ImportError: Using the `Trainer` with `PyTorch` requires `accelerate>=0.26.0`: Please run",
        (
            "ImportError: tokenizers>=0.22.0,<=0.23.0 is required for a normal functioning of this "
            "module, but found tokenizers==0.19.1."
        ),
        (
            "transformers 4.40.0 requires tokenizers<0.20,>=0.19, but you have tokenizers 0.21.0 "
            "which is incompatible."
        ),
        "A module that was compiled using NumPy 1.x cannot be run in",
        "ValueError: numpy.dtype size changed, may indicate binary incompatibility.",
        "AttributeError: module 'numpy' has no attribute 'object'.",
        "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
        "ImportError: cannot import name 'AdamW' from 'transformers' (/x/transformers/__init__.py)",
        "OSError: libcudart.so.11.0: cannot open shared object file: No such file or directory",
    ],
    "unknown-argument": [
        "TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'no_cuda'",
        "TypeError: __init__() got an unexpected keyword argument 'evaluation_strategy'",
        "run_ner.py: error: unrecognized arguments: --max_seq_length 128",
    ],
    "no-predictions": [
        (
            "UndefinedMetricWarning: Precision and F-score are ill-defined and set to 0.0 due "
            "to no predicted samples. Use `zero_division` parameter to control this behavior."
        ),
    ],
    "labels-not-chunks": [
        "/x/seqeval/metrics/sequence_labeling.py:171: UserWarning: PERSON seems not to be NE tag.",
        "ValueError: Invalid tag is found: MISC",
    ],
    "non-finite": [
        "{'loss': nan, 'grad_norm': nan, 'learning_rate': 4e-05, 'epoch': 2.0}",
        "{'eval_loss': nan, 'eval_runtime': 2.1, 'epoch': 2.0}",
        '{"loss": NaN, "step": 120}',
        "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 4e-05, 'epoch': 2.0}",
        "ValueError: The training loss is nan.",
    ],
    "interrupted": [
        "KeyboardInterrupt",
        (
            "slurmstepd: error: *** JOB 4711 ON node7 CANCELLED AT 2024-05-01T10:00:00 DUE TO TIME "
            "LIMIT ***"
        ),
    ],
    "error": [
        "ValueError: Expected input batch_size (64) to match target batch_size (8192).",
        "RuntimeError: The size of tensor a (600) must match the size of tensor b (512) at 1",
        "Assertion `srcIndex < srcSelectDimSize` failed.",
        "huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error.",
    ],
}

HARMLESS = [
    "",
    "warnings.warn('{} seems not to be NE tag.'.format(chunk))",
    "{'loss': 0.1474, 'grad_norm': nan, 'learning_rate': 0.0001, 'epoch': 0.04}",
    '{"loss": 1.39, "grad_norm": NaN, "memory(GiB)": 19.54, "epoch": 0.75}',
    " 56%|#####     | 16000/28347 [23:35<17:18, 11.89it/s]{'loss': 0.7091, 'epoch': 0.56}",
    "To avoid CUDA out of memory errors, lower the batch size.",
    "Reduce batch_size if you see RuntimeError: CUDA out of memory.",
    (
        "Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.00GiB. The caller indicates "
        "that this is not a failure, but this may mean that there could be performance gains."
    ),
    'You will get an obscure error (like "CUDA error: device-side assert triggered").',
    "Three people were killed in the attack.",
    "Killed B-PER",
    "GPU memory: 11.2 GiB of 15.8 GiB in use",
    "Peak memory 4.2 GB; nothing was killed.",
    "FutureWarning: `evaluation_strategy` is deprecated. Use `eval_strategy` instead",
    "Recall is ill-defined and being set to 0.0 in labels with no predicted samples.",
    "The error rate fell from 0.2 to 0.1",
    "exit code 0",
    "    raise ValueError('Invalid mode')",
    "info: loss is finite",
    "Some weights of BertForTokenClassification were not initialized from the checkpoint",
]


@pytest.mark.parametrize(
    ("kind", "line"), [(kind, line) for kind, lines in LINES.items() for line in lines]
)
def test_recognises_the_kind_of_a_failure(kind: str, line: str) -> None:
    event = recognise(line)
    assert event is not None
    assert event.kind == kind
    assert event.message


@pytest.mark.parametrize("line", HARMLESS)
def test_is_silent_on_what_is_no_failure(line: str) -> None:
    assert recognise(line) is None


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    for event in recognise_all(text):
        assert event.kind
        json.dumps(dict(event.details))


@given(
    st.sampled_from(sorted({word for lines in LINES.values() for line in lines for word in
                            line.split()})),
    st.integers(min_value=1, max_value=2_000),
)  # fmt: skip
def test_no_line_takes_long(word: str, times: int) -> None:
    line = f"{word} " * times
    begun = time.process_time()
    recognise(line)
    assert time.process_time() - begun < 5  # a pattern that goes back and forth takes hours
