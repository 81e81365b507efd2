"""Puts what the programs know into a page: usage expand.py PAGE.scd TOPICS.def CODES.def.

A line '@topic NAME@' becomes that topic's text, '@topics@' all topics with their headings and
'@codes@' the error codes. So help and manual cannot differ. Prints scdoc's language.
"""
import re
import sys
from pathlib import Path


def plain(literals):
    """What C string literals say."""
    texts = re.findall(r'"((?:\\.|[^"\\])*)"', literals)
    return "".join(texts).replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def escaped(text):
    return re.sub(r"([\\_*#`<>])", r"\\\1", text)


def marked(text):
    """Lines that begin with four blanks stay as they are, in a block; the rest is escaped."""
    out, block = [], False
    for line in text.splitlines():
        literal = line.startswith("    ")
        if literal != block and (line or not block):
            out.append("```")
            block = literal
        out.append(line[4:] if block and literal else line if block else escaped(line))
    return "\n".join(out + ["```"] * block)


def topics(source):
    found = re.findall(r'^TOPIC\((\w+), "([^"]*)",\n((?:"(?:\\.|[^"\\])*"\)?\n?)+)', source, re.M)
    return {name: (summary, marked(plain(text))) for name, summary, text in found}


def codes(source):
    string = r'("(?:\\.|[^"\\])*")'
    found = re.findall(rf"^HELIOS_CODE\((\d+), (\w+), \w+, {string},\s*{string}\)$", source, re.M)
    return "\n\n".join(f"*H{number} {escaped(name)}*\n\t{escaped(plain(meaning))}. "
                       f"What to do: {escaped(plain(guidance))}"
                       for number, name, meaning, guidance in found)


def main(page, topics_file, codes_file):
    known = topics(Path(topics_file).read_text(encoding="utf-8"))
    whole = "\n\n".join(f"## {name}: {summary}\n\n{text}"
                        for name, (summary, text) in known.items())
    text = Path(page).read_text(encoding="utf-8")
    text = re.sub(r"^@topic (\w+)@$", lambda match: known[match[1]][1], text, flags=re.M)
    text = text.replace("@topics@", whole)
    if "@codes@" in text:
        text = text.replace("@codes@", codes(Path(codes_file).read_text(encoding="utf-8")))
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(text)


main(*sys.argv[1:])
