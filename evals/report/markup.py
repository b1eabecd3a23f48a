"""Building HTML and SVG: every text is escaped unless it was built here; pure."""

from __future__ import annotations

from html import escape

from evals.report.words import visible

Attribute = str | int | float | bool | None
VOID = frozenset({"br", "input", "meta"})


class Html(str):
    """Markup, made by the functions of this module only."""

    __slots__ = ()


Child = str | None


def render(child: Child) -> str:
    """Markup as it is, any other text escaped."""
    if child is None or isinstance(child, Html):
        return child or ""
    return escape(visible(child), quote=True)


def join(*children: Child) -> Html:
    """One after another."""
    return Html("".join(map(render, children)))


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """`<tag attributes>children</tag>`; `class_` is `class`, and `_` in a name is `-`.

    An attribute that is None or False is left out; one that is True stands without a value.
    """
    opening = "".join(
        spell_attribute(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
    )
    closing = "" if tag in VOID else f"{join(*children)}</{tag}>"
    return Html(f"<{tag}{opening}>{closing}")


def spell_attribute(name: str, value: Attribute) -> str:
    """One attribute, with the blank before it."""
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{render(str(value))}"'


def link(anchor: str, *children: Child, **attributes: Attribute) -> Html:
    """A link to a place of the same page; there are no others."""
    return element("a", *children, href=f"#{anchor}", **attributes)


def table(caption: str, columns: list[str], rows: list[list[Child]]) -> Html:
    """A table that scrolls sideways by itself; the first cell of a row is its header."""
    head = element("tr", *(element("th", name, scope="col") for name in columns))
    body = (
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    )
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", *body),
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex=0,
    )


def badge(tone: str, symbol: str, word: str) -> Html:
    """A word with a symbol; colour only adds to them."""
    return element("span", element("span", symbol, aria_hidden="true"), f" {word}",
                   class_=f"badge {tone}")  # fmt: skip


def long_text(words: str) -> Html:
    """A cell of somebody's words, which may take several lines."""
    return element("span", words, class_="long", dir="auto")
