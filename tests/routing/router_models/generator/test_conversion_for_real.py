"""With transformers and torch there: a Qwen2 of random weights is converted and judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from plano.routing.router_models.generator.conversion import CannotConvert, convert
from tests.routing.router_models.generator.tiny_decoder import CHATML, tiny_tokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def qwen(tmp_path: Path) -> Path:
    folder = tmp_path / "qwen"
    tokenizer = tiny_tokenizer(CHATML)
    config = transformers.Qwen2Config(
        vocab_size=tokenizer.get_vocab_size() + 5,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    torch.manual_seed(0)
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    ).save_pretrained(folder)
    (folder / "LICENSE").write_text("Apache-2.0")
    return folder


def test_a_model_is_converted(qwen: Path, tmp_path: Path) -> None:
    made = convert(str(qwen), tmp_path / "out", quantization="int8")
    assert made.template == "chatml"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model.bin", "tokenizer.json", "tokenizer_config.json", "vocabulary.json", "LICENSE"} <= names


def test_what_cannot_be_converted_is_told(qwen: Path, tmp_path: Path) -> None:
    (qwen / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CannotConvert, match="cannot be converted: "):
        convert(str(qwen), tmp_path / "out", quantization="int8")
    (qwen / "tokenizer.json").unlink()
    with pytest.raises(CannotConvert, match=r"holds no tokenizer\.json"):
        convert(str(qwen), tmp_path / "out", quantization="int8")
    with pytest.raises(CannotConvert, match="there is no folder"):
        convert(str(tmp_path / "nowhere"), tmp_path / "out", quantization="int8")
