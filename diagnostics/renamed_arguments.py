"""Arguments of `transformers` that were renamed or removed, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.findings import Value

__all__ = ["CHECKED_AGAINST", "RENAMED", "Renamed"]

CHECKED_AGAINST = "5.23"
"""Release of transformers in which none of the old names exists and all of the new ones do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """What became of an argument.

    Attributes:
        new: The name to use instead; empty when the argument was removed.
        value: What to set it to when the run did not record the old value.
        keeps_value: Whether the old value can be set under the new name.
        note: What else there is to know; empty when nothing is.
        callee: The class whose argument it was.
    """

    new: str = ""
    value: Value = True
    keeps_value: bool = False
    note: str = ""
    callee: str = "TrainingArguments"


RENAMED: Mapping[str, Renamed] = {
    "evaluation_strategy": Renamed(
        new="eval_strategy", value="epoch", keeps_value=True, note="renamed in Transformers 4.41"
    ),
    "evaluate_during_training": Renamed(new="eval_strategy", value="epoch"),
    "warmup_ratio": Renamed(
        new="warmup_steps", value=0.1, keeps_value=True, note="below 1 it is a share of the steps"
    ),
    "no_cuda": Renamed(new="use_cpu", value=True, keeps_value=True),
    "group_by_length": Renamed(new="train_sampling_strategy", value="group_by_length"),
    "adafactor": Renamed(new="optim", value="adafactor"),
    "per_gpu_train_batch_size": Renamed(
        new="per_device_train_batch_size", value=8, keeps_value=True
    ),
    "per_gpu_eval_batch_size": Renamed(new="per_device_eval_batch_size", value=8, keeps_value=True),
    "include_inputs_for_metrics": Renamed(
        new="include_for_metrics", value="inputs", note="a list of names"
    ),
    "overwrite_output_dir": Renamed(note="the folder is always written to"),
    "save_safetensors": Renamed(note="weights are always saved as safetensors"),
    "logging_dir": Renamed(note="set the environment variable TENSORBOARD_LOGGING_DIR"),
    "use_mps_device": Renamed(note="the device is found by itself"),
    "fp16_backend": Renamed(note="fp16=True is enough"),
    "half_precision_backend": Renamed(note="fp16=True or bf16=True is enough"),
    "fp16_opt_level": Renamed(note="fp16=True is enough"),
    "push_to_hub_model_id": Renamed(new="hub_model_id", value="the name", keeps_value=True),
    "tokenizer": Renamed(
        new="processing_class",
        value="tokenizer",
        keeps_value=True,
        note="an argument of Trainer: pass the tokenizer",
        callee="Trainer",
    ),
    "push_to_hub_token": Renamed(new="hub_token", value="the token", keeps_value=True),
    "push_to_hub_organization": Renamed(
        new="hub_model_id", value="organization/name", note="the organization is part of the name"
    ),
    "torchdynamo": Renamed(new="torch_compile_backend", value="inductor", keeps_value=True),
    "dispatch_batches": Renamed(new="accelerator_config", value='{"dispatch_batches": True}'),
    "split_batches": Renamed(new="accelerator_config", value='{"split_batches": True}'),
    "fsdp_min_num_params": Renamed(new="fsdp_config", value='{"min_num_params": 0}'),
    "fsdp_transformer_layer_cls_to_wrap": Renamed(
        new="fsdp_config", value='{"transformer_layer_cls_to_wrap": "BertLayer"}'
    ),
    "sharded_ddp": Renamed(new="fsdp", value=True, note="FairScale is no longer used"),
    "xpu_backend": Renamed(new="ddp_backend", value="ccl", keeps_value=True),
    "jit_mode_eval": Renamed(note="it has no successor"),
    "use_ipex": Renamed(note="it has no successor"),
    "past_index": Renamed(note="it has no successor"),
    "ray_scope": Renamed(note="give the scope to Ray itself"),
    "mp_parameters": Renamed(note="it has no successor"),
    "tpu_num_cores": Renamed(note="the launcher sets the number of cores"),
    "tpu_metrics_debug": Renamed(new="debug", value="tpu_metrics_debug"),
    "include_tokens_per_second": Renamed(new="include_num_input_tokens_seen", value=True),
}
"""Old name to what became of it."""
