"""What the sources of the program say of themselves: variables, JSON keys, files."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LITERAL = r'"((?:[^"\\]|\\.)*)"'
# Read by the C library for setlocale(), not by us.
LOCALE_VARIABLES = {"LC_ALL", "LC_CTYPE", "LANG"}


def texts():
    """The C files, comments taken out."""
    for path in sorted([*ROOT.glob("cmd/*.c"), *ROOT.glob("lib/*/*.c")]):
        yield path.name, re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def variables():
    """Names that getenv() is asked for, or a function that hands its argument to it; and those that
    commands are given."""
    found = set(LOCALE_VARIABLES)
    for _, text in texts():
        found.update(re.findall(r"\bgetenv\(" + LITERAL, text))
        found.update(re.findall(r'"(FTPSH_[A-Z]+)=', text))
        if re.search(r'\bgetenv\([^"]', text):
            found.update(re.findall(r'"((?:[A-Z]+_?)+|[a-z]+_proxy)"', text))
    return found


def call_arguments(text, start):
    """The arguments of a call, from behind its bracket."""
    arguments, depth, begin, i = [], 0, start, start
    while True:
        if text[i] == '"':
            i = re.compile(LITERAL).match(text, i).end()
            continue
        if text[i] in ",)" and depth == 0:
            arguments.append(text[begin:i].strip())
            begin = i + 1
            if text[i] == ")":
                return arguments
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(text[i], 0)
        i += 1


def packed_keys(arguments):
    """What json_pack() takes for keys: each 's' in front of a colon."""
    kinds = re.findall(r"[a-zA-Z]:?", arguments[0].strip('"'))
    pairs = zip(kinds, arguments[1:], strict=True)
    return {argument.strip('"') for kind, argument in pairs if kind == "s:"}


def json_keys():
    keys = set()
    for name, text in texts():
        for call in re.finditer(r"\bjson_pack\(", text):
            keys |= packed_keys(call_arguments(text, call.end()))
        setters = ["json_object_set_new"]
        setters += re.findall(r"(\w+)\(json_t \*o, const char \*key", text)
        keys.update(re.findall(rf"\b(?:{'|'.join(setters)})\(\s*\w+,\s*{LITERAL}", text))
        assert "json_object_set(" not in text, f"{name}: a way to set keys that is not looked at"
    return keys


def own_files():
    """Those of the state folder and of the configuration."""
    return {found for _, text in texts()
            for found in re.findall(r"OWN_(?:STATE|CONFIG), " + LITERAL, text)}


def words():
    """What the program may put into JSON in the place of a value, among others."""
    return {word for _, text in texts() for word in re.findall(r'"([a-z][a-z-]*)"', text)}
