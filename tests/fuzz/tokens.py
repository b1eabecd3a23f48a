"""The words of each format, for a fuzzer to put in."""

from __future__ import annotations

SPACE = "␣"
JSON = """{ } [ ] , : null true false -1 1e999 \\ud800 \\u0000 "abstract" "title" "authors" "year"
"doi" "id" "keywords" "parts" "record" "sources" "url" NaN Infinity"""
JSON_DOCUMENT = """{"results":[ {"data":[ {"message":{"items":[ "abstract_inverted_index" "ids"
"authorships" "author" "display_name" "primary_location" "source" "landing_page_url" "externalIds"
"DOI" "ArXiv" "PubMed" "paperId" "container-title" "date-parts" "issued" "given" "family" "literal"
<jats:p> </jats:p> <jats:title> &lt; &amp; &#x0; "versions" "created" "update_date" "authors_parsed"
"categories" "journal-ref" "_id" "text" "metadata" {"recommendedPapers":[ "openaccessinfo"
"externalids" "dropping-particle" <jats:tex-math> </jats:tex-math> <mml:math> </mml:math>"""
XML = """<?xml <!DOCTYPE <!ENTITY [ ]> <![CDATA[ ]]> <!-- --> /> </ &lt; &amp; &x; &#x0; &#55296;
version="1.0" encoding="UTF-16" encoding="latin-1" SYSTEM "file:///" xmlns= """
PUBMED = """<PubmedArticleSet> <PubmedArticle> </PubmedArticle> <PubmedBookArticle> <BookDocument>
<MedlineCitation> <PMID> <Article> <Abstract> <AbstractText Label= UNLABELLED </AbstractText>
<ArticleTitle> <VernacularTitle> <AuthorList> <Author> <LastName> <ForeName> <CollectiveName>
<PubDate> <Year> <MedlineDate> <ELocationID EIdType="doi" <ArticleId IdType="doi" <DeleteCitation>
<OtherAbstract> <Keyword> <DescriptorName>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"> <entry> </entry> <id> <summary> <title>
<author> <name> <published> <updated> <category term= <link href= rel="alternate" <arxiv:doi>
<arxiv:journal_ref> http://arxiv.org/abs/ xmlns:arxiv="http://arxiv.org/schemas/atom" """
BIBTEX = """@article{ @string{ @preamble{ @comment{ @inproceedings( abstract title author year date
journal journaltitle booktitle eprint eprinttype archiveprefix keywords doi url pmid and others
crossref = { } " # , ( ) \\" \\' \\^ \\~ \\c{ \\v{ \\H{ \\i \\o \\ss \\& \\% \\_ \\{ \\} $ -- ~
`` '' \\textbackslash \\textless \\vphantom{ \\url{ \\begin{ % jan"""
TAGS = """TY␣␣- ER␣␣- AB␣␣- N2␣␣- TI␣␣- T1␣␣- AU␣␣- A1␣␣- PY␣␣- Y1␣␣- DA␣␣- DO␣␣- UR␣␣- KW␣␣- JF␣␣-
T2␣␣- ID␣␣- AN␣␣- C1␣␣- JOUR PMID- OWN␣- STAT- TI␣␣- AB␣␣- FAU␣- AU␣␣- DP␣␣- LID␣- AID␣- OT␣␣- MH␣␣-
JT␣␣- TA␣␣- [doi] [pii]"""
WOS = "FN VR EF ER PT␣J AU␣ AF␣ TI␣ SO␣ AB␣ DE␣ ID␣ DI␣ PY␣ PM␣ UT␣ ␣␣␣␣"
TABLE = """, ; \\t | " "" sep=; Abstract Title Authors Year DOI PMID Url Summary PT\\tAU\\tTI\\tAB
Author␣full␣names Abstract␣Note [No␣abstract␣available] \\x00 About␣the␣data:␣ Extra
arXiv:2401.00001␣[cs] Dimensions␣URL CA"""
LISTING = "Abstract: Title: Authors: Year: DOI: URL: \\n\\n . ; { } #include ``` ==="

WORDS = {
    "arxiv_atom": (XML, ATOM),
    "bibtex": (BIBTEX,),
    "json_document": (JSON, JSON_DOCUMENT),
    "jsonl": (JSON, JSON_DOCUMENT),
    "medline": (TAGS,),
    "plain": (LISTING,),
    "pubmed_xml": (XML, PUBMED),
    "ris": (TAGS,),
    "table": (TABLE,),
    "wos": (WOS,),
}
TARGETS = ("any", *WORDS)
BYTES = (r"\x00", r"\x0d\x0a", r"\x0d", r"\x0a", r"\x0b", r"\xc2\x85", r"\xe2\x80\xa8")
MARKS = (r"\xef\xbb\xbf", r"\xff\xfe", r"\xfe\xff", r"\xf0\x9f\xa6\x8b", r"\xed\xa0\x80", r"\x81")


def dictionary(target: str) -> str:
    """A dictionary for libFuzzer: one quoted word a line."""
    chosen = WORDS.values() if target == "any" else [WORDS[target]]
    words = {word for texts in chosen for text in texts for word in text.split()}
    lines = [quote(word.replace(SPACE, " ")) for word in sorted(words)]
    return "\n".join([*lines, *(f'"{code}"' for code in (*BYTES, *MARKS))]) + "\n"


def quote(word: str) -> str:
    """A word between quotation marks, with every other byte than letters and digits in hex."""
    plain = word.replace("\\t", "\t").replace("\\n", "\n").replace("\\x00", "\0")
    return (
        '"'
        + "".join(
            letter
            if letter.isascii() and letter.isalnum()
            else "".join(f"\\x{code:02x}" for code in letter.encode())
            for letter in plain
        )
        + '"'
    )
