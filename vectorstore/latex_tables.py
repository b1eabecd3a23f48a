"""What LaTeX commands stand for in Unicode; tables for `vectorstore.latex`."""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_PAIRS = r"""
    alpha α|beta β|gamma γ|delta δ|epsilon ε|varepsilon ε|zeta ζ|eta η|theta θ|vartheta ϑ|iota ι
    |kappa κ|lambda λ|mu μ|nu ν|xi ξ|pi π|varpi ϖ|rho ρ|varrho ϱ|sigma σ|varsigma ς|tau τ
    |upsilon υ|phi φ|varphi φ|chi χ|psi ψ|omega ω|Gamma Γ|Delta Δ|Theta Θ|Lambda Λ|Xi Ξ|Pi Π
    |Sigma Σ|Upsilon Υ|Phi Φ|Psi Ψ|Omega Ω|times ×|cdot ·|div ÷|pm ±|mp ∓|ast ∗|star ⋆|circ ∘
    |bullet •|leq ≤|le ≤|leqslant ≤|geq ≥|ge ≥|geqslant ≥|ll ≪|gg ≫|neq ≠|ne ≠|approx ≈|simeq ≃
    |sim ~|cong ≅|equiv ≡|propto ∝|lesssim ≲|gtrsim ≳|to →|rightarrow →|longrightarrow →
    |leftarrow ←|gets ←|leftrightarrow ↔|Rightarrow ⇒|Leftarrow ⇐|Leftrightarrow ⇔|implies ⇒
    |iff ⇔|mapsto ↦|uparrow ↑|downarrow ↓|infty ∞|in ∈|notin ∉|ni ∋|subset ⊂|subseteq ⊆|supset ⊃
    |supseteq ⊇|cup ∪|cap ∩|setminus ∖|emptyset ∅|varnothing ∅|forall ∀|exists ∃|neg ¬|land ∧
    |wedge ∧|lor ∨|vee ∨|oplus ⊕|otimes ⊗|odot ⊙|nabla ∇|partial ∂|sum ∑|prod ∏|int ∫|oint ∮
    |ell ℓ|hbar ℏ|Re ℜ|Im ℑ|aleph ℵ|dagger †|ddagger ‡|prime ′|degree °|textdegree °|langle ⟨
    |rangle ⟩|lfloor ⌊|rfloor ⌋|lceil ⌈|rceil ⌉|mid ∣|parallel ∥|Vert ‖|perp ⊥|angle ∠|odot ⊙
    |triangle △|checkmark ✓|ldots …|dots …|cdots ⋯|textellipsis …|lbrace {|rbrace }|ss ß|o ø|O Ø
    |ae æ|AE Æ|oe œ|OE Œ|aa å|AA Å|l ł|L Ł|i ı|j ȷ|S §|P ¶|copyright ©|pounds £|texteuro €
    |textasciitilde ~|textasciicircum ^|textbackslash \|textbar ∣|textless <|textgreater >
    |textendash –|textemdash —|textmu µ|top ⊤|asymp ≍|colon :|vert ∣|lVert ‖|rVert ‖
    |ie i.e.|eg e.g.|LaTeX LaTeX|TeX TeX
    """
SYMBOLS: dict[str, str] = {pair.split()[0]: pair.split()[1] for pair in _PAIRS.split("|")}
OPERATORS = _words(
    "arccos arcsin arctan arg argmax argmin cos cosh cot coth csc deg det dim exp gcd inf ker lim",
    "liminf limsup ln log max min mod Pr sec sin sinh sup tan tanh",
)
WRAPPERS = _words(
    "boldsymbol bm emph ensuremath fbox hbox mathbb mathbf mathbin mathcal mathfrak mathit mathop",
    "mathrel mathrm mathscr mathsf mathtt mbox operatorname overline pmb text textbf textit textmd",
    "textnormal textrm textsc textsf textsl texttt textup uline underline path hat tilde bar vec",
    "dot ddot widehat widetilde",
)
SWITCHES = _words("bf bfseries cal em it itshape rm sc scshape sf sl tt ttfamily")
DROPPED = _words(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits",
    "xspace protect quad qquad small large",
)
ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "H": "\u030b", "v": "\u030c", "u": "\u0306", "k": "\u0328",
    "r": "\u030a", "b": "\u0331", "d": "\u0323", "hat": "\u0302", "tilde": "\u0303",
    "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "widehat": "\u0302",
    "widetilde": "\u0303",
}  # fmt: skip
BLACKBOARD = {"C": "ℂ", "E": "𝔼", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
ESCAPED = dict(zip("%&#_${},;: !-/", [*"%&#_${}", *"    ", "", "", ""], strict=True))
UMLAUTS = frozenset("aeiouyAEIOUY")
SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
SUBSCRIPTS = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
LETTERS = _words("ss o O ae AE oe OE aa AA l L i j")
FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "nicefrac"))
LAST_ARGUMENT = frozenset(("href", "textcolor"))
DELIMITERS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
SCRIPTS = {"textsuperscript": "^", "textsubscript": "_"}
