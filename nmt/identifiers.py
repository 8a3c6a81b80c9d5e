"""What in a text is written for programs: names of files, functions and variables, versions, placeholders, tags.

Bounded, as all that may be repeated: a line may be a million letters.
"""

from __future__ import annotations

_ENDINGS = (
    "txt|md|rtf|pdf|docx?|xlsx?|pptx?|od[tsp]|csv|tsv|json|ya?ml|toml|xml|html?|css|jsx?|tsx|py|ipynb|php|java|cpp|sql"
    "|sh|bat|ini|cfg|conf|log|jpe?g|png|gif|bmp|svg|webp|tiff?|heic|mp[34]|wav|mov|avi|mkv|zip|rar|7z|tar|gz|exe|dll"
    "|apk|iso|epub|ics"
)
_BEFORE_FILE = r"(?<![\w/\\@.:-])"
_FOLDER = r"[\w.-]{1,60}"
# "config.json", "src/main.py", "~/.ssh/id", "C:\Windows\win.ini"
_FILE = (
    rf"{_BEFORE_FILE}(?:{_FOLDER}/){{0,20}}[\w-]{{1,60}}(?:\.[\w-]{{1,20}}){{0,3}}\.(?i:{_ENDINGS})(?!\w|@|\.\w)"
    rf"|{_BEFORE_FILE}~?/{_FOLDER}(?:/{_FOLDER}){{0,20}}/[\w.-]{{0,60}}\w"
    rf"|{_BEFORE_FILE}[A-Za-z]:(?:\\{_FOLDER}){{0,20}}\\[\w.-]{{0,60}}\w"
)
# "max_size", but not "Lehrer_innen"; "getName()"
_VARIABLE = (
    r"(?<![\w.@#-])(?![^\W_]{1,40}_(?:in|innen|r|e|n|m|s)\b)[^\W_]{1,40}(?:_[^\W_]{1,40}){1,9}(?:\(\))?(?![\w@])"
    r"|(?<!\w)[A-Za-z_]\w{0,60}(?:\.\w{1,60}){0,3}\(\)"
)
_BEFORE_CODE = r"(?<![\w.,:/@#&$€£-])"
# "DE89 3704 0044 0532 0130 00"
_ACCOUNT = rf"{_BEFORE_CODE}[A-Z]{{2}}\d\d(?: ?[\dA-Z]{{4}}){{3,7}}(?: ?[\dA-Z]{{1,3}})?(?![\w-])"
IDENTIFIER = f"{_FILE}|{_VARIABLE}|{_ACCOUNT}"

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# "2.4.1", "v1.0.12", "192.168.0.1", but not dates ("12.3.2024", "12.3.24", "2024.03.12") and thousands ("1.000.000").
VERSION = (
    rf"(?<![\w.,])(?:{_OCTET}(?:\.{_OCTET}){{3}}(?::\d{{1,5}})?"
    r"|(?!(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:\d\d){1,2}(?!\d|\.\d)|(?:19|20)\d\d\.\d\d\.\d\d(?!\d|\.\d))"
    r"(?!\d{1,3}(?:\.\d{3}){2,9}(?!\d|\.\d))v?\d{1,5}(?:\.\d{1,5}){2,5})(?!\w|[.,]\d)"
)


def _words(letters: str, least: int) -> str:
    """Return a pattern of letters and digits in words that hyphens join, so many characters at least; bounded."""
    text = rf"[\d{letters}]{{1,40}}(?:-[\d{letters}]{{1,40}}){{0,8}}"
    return rf"(?=[\d{letters}-]{{{least},60}}(?![\w-]))(?=[\d-]{{0,40}}[{letters}]){text}"


def _digits(letters: str) -> str:
    """Return what finds digits in two places of words."""
    return rf"(?=[{letters}-]{{0,40}}\d{{1,40}}[{letters}-]{{1,40}}\d)"


# "KB5034441", "E-4711": three digits or more, unlike "COVID-19"; "B08N5", "2024-XK-778"; "0x80070005", "3f2a9c1"
_CODE_OF_CAPITALS = rf"(?:(?=(?:[A-Z-]{{0,40}}\d){{3}})|{_digits('A-Z')}){_words('A-Z', 6)}"
_HEXADECIMAL = rf"0x[\da-fA-F]{{1,40}}(?![\w-])|{_digits('a-f')}{_words('a-f', 7)}"
# "LH 1234" behind "flight"
_JOURNEY = r"(?:(?<=Flug )|(?<=Zug )|(?<=[Ff]light )|(?<=[Tt]rain ))[A-Z]{1,3} ?\d{1,5}(?![\w-])"
CODE = rf"{_BEFORE_CODE}(?:{_CODE_OF_CAPITALS}|{_HEXADECIMAL}|{_JOURNEY})"

# "#sonne", "@max"
TAG = r"(?<![\w&/.@#])#[^\W\d]\w{0,60}"
MENTION = r"(?<![\w&/.@+-])@[^\W\d]\w{0,60}"

# "{name}", "%s", "%(name)s", but not "100 %s"
_CONVERSION = r"(?<![\w%])(?<!\d )%(?:\(\w{1,60}\)|\d{1,2}\$)?"
PLACEHOLDER = rf"\{{[^{{}}\s]{{1,60}}\}}|{_CONVERSION}s(?!\w)"
# "{n}", "{file_count}", "{numFiles}", "%d": those that a number is put in the place of.
_NUMBER_NAME = (
    r"(?i:(?:\w{1,30}[_.])?(?:n|num|nr|number|count|total|amount|anzahl|zahl|seconds|minutes|hours|days|weeks|months"
    r"|years|age|percent)|(?:num|n|anzahl)_\w{1,30})|\w{1,30}Count|num[A-Z]\w{0,30}"
)
NUMBER_PLACEHOLDER = rf"\{{(?:{_NUMBER_NAME})\}}|{_CONVERSION}l{{0,2}}[diu](?!\w)"
