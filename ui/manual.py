"""The API's own description -> a page for people; pure, without a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}code,pre{font-family:ui-monospace,monospace;font-size:.9em}"
    "pre{overflow:auto;padding:.75rem;border:1px solid #8886;border-radius:.4rem}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}"
)


def manual_html(api: dict[str, Any]) -> str:
    """A page of all routes, from their description in OpenAPI."""
    parts = [part for path, route in api["paths"].items() for part in _route(api, path, route)]
    head = f"<h1>{escape(api['info']['title'])}</h1>{_paragraphs(api['info']['description'])}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(api['info']['title'])}</title><style>{_STYLE}</style></head>"
        f"<body><main>{head}{''.join(parts)}</main></body></html>"
    )


def _route(api: dict[str, Any], path: str, route: dict[str, Any]) -> Iterator[str]:
    for method, told in route.items():
        yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
        yield f"<p><strong>{escape(told['summary'])}.</strong></p>"
        yield _paragraphs(told.get("description", ""))
        given = [_row(one["name"], one["schema"], one) for one in told.get("parameters", [])]
        if body := _body_of(api, told):
            required = body.get("required", [])
            given += [
                _row(name, schema, {"required": name in required})
                for name, schema in body["properties"].items()
            ]
        if given:
            yield f"<table><tbody>{''.join(given)}</tbody></table>"
        yield f"<pre>{escape(_example(method, path, body))}</pre>"


def _body_of(api: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    content = told.get("requestBody", {}).get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").split("/")[-1]
    body: dict[str, Any] = api.get("components", {}).get("schemas", {}).get(name, {})
    return body


def _row(name: str, schema: dict[str, Any], more: dict[str, Any]) -> str:
    told = [schema.get("description", "")]
    told.append("Required." if more.get("required") else "")
    if schema.get("default") is not None:
        told.append(f"Default: {json.dumps(schema['default'])}.")
    bounds = {"minimum": "at least", "maximum": "at most"}
    told += [
        f"{words.capitalize()} {schema[key]}." for key, words in bounds.items() if key in schema
    ]
    words = escape(" ".join(filter(None, told)))
    return f"<tr><th><code>{escape(name)}</code></th><td>{words}</td></tr>"


def _example(method: str, path: str, body: dict[str, Any]) -> str:
    if method == "get":
        return f"curl http://127.0.0.1:7860{path}"
    given = {
        name: schema["examples"][0]
        for name, schema in body.get("properties", {}).items()
        if "examples" in schema
    }
    data = json.dumps(given).replace("'", "\\u0027")
    return (
        f"curl http://127.0.0.1:7860{path} \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{data}'"
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
