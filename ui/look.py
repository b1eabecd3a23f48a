"""How the page looks and what it is served with: theme, styles and script, all of our own."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import gradio as gr

MAX_UPLOAD = "50mb"
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
"""Gradio needs inline scripts; nothing at all is loaded from, or sent to, anywhere else."""
PLAIN_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def presentation() -> dict[str, Any]:
    """The arguments of `Blocks.launch` and `gradio.mount_gradio_app` that the page needs."""
    return {
        "theme": _theme(),
        "head": _head(),
        "footer_links": [],
        "run_history": False,
        "max_file_size": MAX_UPLOAD,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": False,
        "enable_monitoring": False,
        "show_error": False,
    }


def _head() -> str:
    """Styles stand here since Gradio puts its own scope before those given as `css`."""
    return (
        '<meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>{_asset('page.css')}</style><script>{_asset('page.js')}</script>"
    )


def _theme() -> gr.themes.Base:
    """Gradio's plainest theme with fonts that every machine has: none is fetched."""
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        radius_size="sm",
        font=[gr.themes.Font(name) for name in PLAIN_FONTS],
        font_mono=[gr.themes.Font(name) for name in MONO_FONTS],
    )


def _asset(name: str) -> str:
    return (files("ui") / "assets" / name).read_text(encoding="utf-8")
