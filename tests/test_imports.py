"""The direction of the imports and the doors of DESIGN, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "vectorstore": set(),
    "prompts": set(),
    "rag": {"vectorstore", "prompts"},
    "ui": {"rag"},
    "evals": {"rag", "prompts", "vectorstore"},
}
DOORS = {
    "chromadb": ("vectorstore/store.py", "vectorstore/remote/"),
    "fastapi": ("ui/",),
    "gradio": ("ui/",),
    "llama_index.embeddings": ("vectorstore/embedding.py",),
    "llama_index.llms": ("rag/llm.py",),
    "llama_index.vector_stores": ("evals/speed/baseline.py",),
    "matplotlib": ("evals/speed/plot.py", "rag/reader/curve.py"),
    "mcp": ("ui/mcp_server.py",),
    "onnx": ("vectorstore/fused.py",),
    "onnxruntime": ("vectorstore/minilm.py", "evals/speed/variants.py"),
    "openvino": ("evals/speed/variants.py",),
    "openai": ("rag/llm.py",),
    "tokenizers": ("vectorstore/minilm.py",),
    "ray": ("vectorstore/engines/cluster.py",),
    "urllib.request": (),
    "http.client": ("evals/bench/serve.py",),
    "requests": (),
    "httpx": ("vectorstore/fetching/client.py", "vectorstore/remote/failures.py"),
    "tenacity": ("vectorstore/fetching/client.py",),
    "socket": ("ui/server.py",),
    "uvicorn": ("ui/server.py",),
}


def imports_of(source: str) -> Iterator[str]:
    """Full names of all that is imported, at the top or anywhere inside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for name in MAY_IMPORT for path in (ROOT / name).rglob("*.py")
    )


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


@pytest.mark.parametrize("path", modules())
def test_module_imports_only_what_its_package_may(path: str) -> None:
    package = Path(path).parts[0]
    closed = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    found = set(imports_of((ROOT / path).read_text(encoding="utf-8")))
    assert not {name for name in found if name.split(".")[0] in closed or name.startswith(".")}


@pytest.mark.parametrize("module", DOORS)
def test_module_is_imported_at_its_door_only(module: str) -> None:
    elsewhere = [
        path
        for path in modules()
        if not path.startswith(DOORS[module])
        and any(within(name, module) for name in imports_of((ROOT / path).read_text("utf-8")))
    ]
    assert not elsewhere


def test_imports_are_found_wherever_they_stand() -> None:
    source = (
        "import a.b\nfrom c import d\ndef f():\n    from e.f import g\n"
        "if TYPE_CHECKING:\n    import h\nfrom . import i\n"
    )
    assert set(imports_of(source)) == {
        "a.b", "c", "c.d", "e.f", "e.f.g", "h", ".", "None.i"
    }  # fmt: skip


def test_modules_of_all_packages_that_exist_are_read() -> None:
    assert {"rag/library.py", "vectorstore/store.py", "evals/cli.py"} <= set(modules())
