"""What faults other than lack of memory look like in printed text: one table per kind."""

from __future__ import annotations

from diagnostics._sign import signs

__all__ = ["FAULTS", "INTERRUPTED"]

_PACKAGE = r"(?P<package>[a-z][\w.-]{0,40})"
_WANTED = r"(?P<wanted>[<>=!~]=?[\w.,<>=!~]{1,40})"
_CALLABLE = r"(?P<callable>[\w.]{1,80})(?:\(\))?"
_OUT_OF_RANGE = "label-id-out-of-range"
_BUILD = "accelerator-build"
_REMOVED_FROM_NUMPY = "(?:bool|int|float|object|str|complex|float_|bool8|in1d)"
_LOSS = r"['\"](?P<what>(?:train_|eval_|val_)?loss)['\"]?: ?['\"]?"
_SPOKEN = r"\b(?P<what>[a-z_]{0,10}[ _]?loss)"
_EXCEPTION = r"^(?:[a-z_]\w{0,60}\.){0,8}[A-Za-z]\w{0,60}"

INTERRUPTED = signs(
    "interrupted",
    ("keyboardinterrupt", r"^keyboardinterrupt\b", ""),
    ("cancelled at", r"\bcancelled at .{1,40}due to (?:time limit|preemption|node failure)", ""),
    ("terminated", r"^zsh: terminated\b|^terminated$", ""),
    ("sigterm", r"signals?[ .(]{0,3}(?:15 \()?sigterm", ""),
    ("143", r"\bexit(?:ed with)?[ _]?(?:code|status)\W{1,6}143\b", ""),
)

_LABELS = signs(
    "label-error",
    ("n_classes", r"t >= 0 && t < n_classes", _OUT_OF_RANGE),
    ("assertion", r"assertion .{1,60}(?:cur_target|target_val)\b.{0,80}failed", _OUT_OF_RANGE),
    ("assertion", r"assertion .{1,80}index out of bounds.{0,9} failed", "index-out-of-range"),
    ("is out of bounds", r"\btarget -?\d{1,12} is out of bounds", _OUT_OF_RANGE),
    ("device-side assert", "", "device-side-assert"),
    ("cublas_status_alloc_failed", "", "looks-like-out-of-memory"),
    ("cublas runtime error : resource allocation failed", "", "looks-like-out-of-memory"),
    (
        "keyerror",
        r"\bkeyerror: '(?P<label>(?-i:[BIESLU]-[^']{1,60}|O)|tags|ner_tags|labels?|tokens)'",
        "unknown-label",
    ),
    ("y contains previously unseen labels", "", "unknown-label"),
    ("unknown", r"\bunknown (?:label|tag)s? ?[:'\"`]", "unknown-label"),
)  # fmt: skip
"""Label ids that the model does not have. A failure of cuBLAS to allocate is one as a rule, as long
as memory is left."""

_EMBEDDINGS = signs("error", ("srcindex < srcselectdimsize", "", "token-or-position-id"))

_VERSIONS = signs(
    "version-conflict",
    ("requires", rf"requires `?{_PACKAGE}(?:\[\w{{1,20}}\])?{_WANTED}", ""),
    ("normal functioning", rf"{_PACKAGE}{_WANTED} is required for a normal functioning", ""),
    ("incompatible", rf"has requirement {_PACKAGE} ?{_WANTED}, .{{0,80}}is incompatible", ""),
    ("incompatible", rf"requires {_PACKAGE} ?{_WANTED}, .{{0,80}}is incompatible", ""),
    ("library but it was not found", rf"requires the {_PACKAGE} library but", "missing-package"),
    ("versionconflict", r"\b(?:contextual)?versionconflict\b", ""),
    ("compiled using numpy 1", "", "numpy-abi"),
    ("numpy is not available", "", "numpy-abi"),
    ("numpy.core.multiarray failed to import", "", "numpy-abi"),
    ("size changed", r"numpy\.(?:dtype|ufunc|ndarray) size changed", "numpy-abi"),
    ("_array_api not found", "", "numpy-abi"),
    ("'numpy' has no", rf"module 'numpy' has no attribute '{_REMOVED_FROM_NUMPY}'", "numpy-names"),
    ("no kernel image is available", "", _BUILD),
    ("no longer supports this gpu", "", _BUILD),
    ("cuda capability", r"cuda capability .{0,60}not compatible with the current", _BUILD),
    ("cuda", r"compiled with different cuda (?:major )?versions", _BUILD),
    ("shared object", r"\blib(?:cu|nccl|nv)[\w.]{1,40}: cannot open shared object", _BUILD),
    ("unsupported toolchain", "", "accelerator-driver"),
    ("cuda driver version is insufficient", "", "accelerator-driver"),
    ("driver on your system is too old", "", "accelerator-driver"),
    (
        "cannot import name",
        r"\bimporterror: cannot import name '(?P<name>\w{1,60})' from '(?P<package>[a-z]\w{1,40})",
        "missing-name",
    ),
    ("undefined symbol", r"\.so[\w.]{0,20}: undefined symbol", "binary-interface"),
    ("not found", r"version `glibc(?:xx)?_[\d.]{1,12}' not found", "system-library"),
    ("upgrade torch", r"upgrade torch to at least v(?P<wanted>[\d.]{1,12})", "torch-too-old"),
)  # fmt: skip

_ARGUMENTS = signs(
    "unknown-argument",
    (
        "unexpected keyword argument",
        rf"(?:{_CALLABLE} )?got an unexpected keyword argument '(?P<argument>\w{{1,60}})'",
        "",
    ),
    ("unrecognized arguments", r"unrecognized arguments: -{0,2}(?P<argument>[\w-]{1,60})", ""),
    ("not used by the", r"by the hfargumentparser: \['-{0,2}(?P<argument>[\w-]{1,60})", ""),
)

_NO_PREDICTIONS = signs("no-predictions", ("due to no predicted samples", "", ""))

_NOT_CHUNKS = signs(
    "labels-not-chunks",
    ("not to be ne tag", r"(?:^|warning: )(?P<label>[^\s{']{1,60}) seems not to be ne tag", ""),
    ("invalid tag is found", r"error: invalid tag is found: (?P<label>\S{1,60})", ""),
)

_NON_FINITE = signs(
    "non-finite",
    ("nan", rf"{_LOSS}nan\b", ""),
    ("inf", rf"{_LOSS}-?inf(?:inity)?\b", ""),
    # The Trainer's filter logs 0.0 for a loss that is not finite; the gradient gives it away.
    ("nan", rf"{_LOSS}0\.0['\"]?,.{{0,20}}['\"]grad_norm['\"]?: ?['\"]?nan\b", ""),
    ("nan", rf"{_SPOKEN} (?:is|became|was|=) nan\b", ""),
    ("finite", rf"{_SPOKEN} (?:is|became|was) (?:infinite|not finite)\b", ""),
)

_ERRORS = signs(
    "error",
    ("must match the size", r"size of tensor a \(\d{1,9}\) must match the size of tensor b", ""),
    ("must match the existing size", "", ""),
    ("expected input batch_size", "", ""),
    ("error", rf"(?-i:{_EXCEPTION}Error)(?:: |:?$)", ""),
    ("exception", rf"(?-i:{_EXCEPTION}Exception)(?:: |:?$)", ""),
)

FAULTS = (
    *_EMBEDDINGS,
    *_LABELS,
    *_VERSIONS,
    *_ARGUMENTS,
    *_NO_PREDICTIONS,
    *_NOT_CHUNKS,
    *_NON_FINITE,
    *_ERRORS,
)
"""The special ones first: the first sign that fits a line decides."""
