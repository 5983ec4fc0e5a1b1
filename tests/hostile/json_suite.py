# SPDX-License-Identifier: Apache-2.0
"""JSON texts and what becomes of each: reasoned from the grammar (RFC 8259,
UTF-8 of RFC 3629) and the rules for the stream, not asked of any program.

A case is a value's text, or what pretends to be one, with one verdict:

GOOD   one value, which every reader takes the same way
WRONG  not JSON
TWICE  JSON that readers take differently: refused
HALF   half a surrogate pair in a value: refused from a client, from a server
       it becomes U+FFFD, written in the same length
BLANK  nothing but white space: no message as a line, no value elsewhere
"""
import collections

GOOD, WRONG, TWICE, HALF, BLANK = "good", "wrong", "twice", "half", "blank"
Case = collections.namedtuple("Case", "name text verdict")

# Message, params or result, arguments or structured content: three containers
# are around a value in its place.
DEPTH_LEFT = 128 - 3


def structure():
    good = ["{}", "[]", "[[]]", "[{}]", '{"a":1}', '{"a":[]}', '{"a":{}}',
            '{"":0}', '{"a":1,"b":2}', "[1,2]", "[[],[]]", "[{},{}]",
            '{"a":{"b":{"c":[1,[2,[3]]]}}}', "[null]", "[0,\"\",true,{},[]]",
            '{ "a" : 1 }', "[ 1 , 2 ]", "{\t}", "[\r]", '{"a":1 ,"b":2}',
            '{"{":"}"}', '{"[":"]"}', '["{\\"a\\":1}"]', '{"a,b":","}',
            '{":":":"}', '["//"]', '["/* */"]', '{"\\"":"\\""}']
    wrong = ["{", "}", "[", "]", "[[]", "[]]", "{]", "[}", "[1", "[1,", "[1,]",
             "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1:2]", '{"a"}',
             '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', "{:1}",
             '{"a"::1}', '{"a":1:2}', '{"a" 1}', '{"a",1}', '{"a"=1}',
             "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{true:1}", "{[]:1}",
             "{{}:1}", '{"a":1 "b":2}', '{"a":1;"b":2}', '{"a":1]', '["a":1]',
             '{"a":', '{"a"', '{"', '["', '["a', '["a"', '{"a":"', "[\"a]",
             "[a]", "[\\]", "[*]", "[...]", "<a/>", "(1)", "[1)", "=1", "`a`",
             "1//x", "1/*x*/", "1#x", "/**/1", "//x", "#", "[1]x", "{}x",
             "{}{}", "[][]", "1 2", "{} {}", "[] []", '"a" "b"', "true false",
             '"a""b"', "{},", "[],", "1,", ",1", ";", ":", ",", "[1,2}",
             "[[1]", "[[[", "{{{", "}{", "][", '{"a":{}', '[{"a":1]}',
             '{"a":[1}', "undefined", "@", "$", "[\"\\\"]", "&", "%7B%7D"]
    yield from (("structure", text, GOOD) for text in good)
    yield from (("structure", text, WRONG) for text in wrong)


def numbers():
    good = ["0", "-0", "1", "-1", "9", "10", "1234567890", "0.0", "-0.0", "0.1",
            "1.5", "1.50", "0e0", "0E0", "1e1", "1E1", "1e+1", "1e-1", "1E+1",
            "1E-1", "1.5e10", "-1.5E-10", "1e00", "1e+00", "1e01", "0.00001",
            "9007199254740991", "9007199254740992", "9007199254740993",
            "-9007199254740993", "18446744073709551615",
            "18446744073709551616", "123456789012345678901234567890",
            "0.1234567890123456789", "1e308", "1e309", "-1e309", "1e-400",
            "1e999999999", "9" * 400, "0." + "0" * 400 + "1"]
    wrong = ["00", "01", "-01", "-00", "001", "0123", "+1", "+0", "-", "--1",
             "-+1", "+-1", ".5", "-.5", "1.", "-1.", "0.", ".", "-.", "1..2",
             "1.2.3", "1e", "1E", "1e+", "1e-", "1.e1", ".e1", "e1", "E1", "-e1",
             "1ee1", "1e1e1", "1e1.5", "1e.5", "1e +1", "1 e1", "1 .5", "1. 5",
             "- 1", "1e+-1", "0x1", "0X1F", "0b1", "0o7", "1_000", "1'000",
             "1,000x", "1f", "1n", "1L", "1d", "NaN", "nan", "Infinity",
             "-Infinity", "inf", "-inf", "-NaN", "1#INF", "1\x00", "\x001",
             "1a", "0a", "-a", "1-", "1+", "1-1", "1+1", "1/2", "1%", "$1",
             "\u0661", "\uff11", "\u2212" + "1", "1\u00b2", "\u00bd", "0e",
             "1e1000x", "1\"\"", "1[]", "1{}", "0 0", "1\t2"]
    yield from (("number", text, GOOD) for text in good)
    yield from (("number", text, WRONG) for text in wrong)


def literals():
    yield from (("literal", text, GOOD) for text in ("true", "false", "null"))
    for text in ("True", "TRUE", "False", "FALSE", "Null", "NULL", "tru", "t",
                 "truex", "true1", "truetrue", "fals", "falsey", "nul", "nulll",
                 "none", "None", "nil", "yes", "no", "on", "off", "tRue",
                 "t rue", "tr\\u0075e", "\uff54rue", "-true", "+null", "!true",
                 "true\x00", "undefined", "void", "n", "f", "nu ll", "true."):
        yield "literal", text, WRONG


def escapes():
    """Every printable character behind a backslash: eight mean something."""
    for code in range(0x20, 0x7f):
        mark = chr(code)
        if mark == "u":
            continue
        # What is to be the end of the string is escaped, so one more.
        text = '"\\""' if mark == '"' else f'"\\{mark}"'
        yield "escape", text, GOOD if mark in '"\\/bfnrt' else WRONG
    for mark in ("\x00", "\x01", "\t", "\r", "\x1f", "\x7f", "\u00e9", "\u2028"):
        yield "escape", f'"\\{mark}"', WRONG
    for text in ('"\\"', '"\\\\\\"', '"\\', '"\\\\', '"\\x41"', '"\\101"',
                 '"\\U00000041"', '"\\u{41}"', '"\\N"', '"\\ "', "\\n", "\\",
                 '\\"a\\"', '"\\a"', '"\\e"', '"\\v"', '"\\0"'):
        yield "escape", text, WRONG
    for text in ('"\\\\"', '"\\\\\\""', '"\\\\u0041"', '"\\/\\/"',
                 '"\\b\\f\\n\\r\\t"', '"\\\\\\\\"', '{"\\n":1}', '{"\\/":1}'):
        yield "escape", text, GOOD


def unicode_escapes():
    for digits in ("0041", "00e9", "00E9", "aBcD", "20ac", "FFFF", "ffff",
                   "fffe", "feff", "2028", "007f", "0001", "001f", "0022",
                   "005c", "d7ff", "e000", "0000", "ffff"):
        yield "u", f'"\\u{digits}"', GOOD
    for tail in ("", "0", "00", "004", "g000", "0g00", "00g0", "000g", "-001",
                 "+001", " 041", "0 41", "00 1", "004 ", "0x41", "00\\41",
                 "00\u0664" + "1", "\uff10" * 4, "00e\u0301", "004\x00"):
        yield "u", f'"\\u{tail}"', WRONG
    for pair in ("\\ud83d\\ude00", "\\uD83D\\uDE00", "\\ud800\\udc00",
                 "\\udbff\\udfff", "a\\ud83d\\ude00b"):
        yield "pair", f'"{pair}"', GOOD
        yield "pair", f'{{"{pair}":1}}', GOOD
    for half in ("\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\uD83D",
                 "\\uDE00\\uD83D", "\\ud83d\\u0041", "\\ud83d\\n", "\\ud83dx",
                 "x\\ude00", "\\ud83d\\ud83d\\ude00", "\\ud83d\\ude00\\ude00",
                 "\\ud83d \\ude00", "\\ud83d\\\\ude00", "\\ud83d\u00e9"):
        yield "half", f'"{half}"', HALF
        yield "half", f'[{{"a":"{half}"}}]', HALF
        # No two readers would give such a member one name.
        yield "half in a name", f'{{"{half}":1}}', TWICE
    for text in ('"\\ud83d\\u"', '"\\ud83d\\ude0"', '"\\ud83d\\udeg0"',
                 '"\\ud83d\\"', '"\\ud83'):
        yield "half", text, WRONG
    yield "nul", '"\\u0000"', GOOD
    yield "nul", '"a\\u0000b"', GOOD
    yield "nul", '["\\u0000"]', GOOD
    yield "nul in a name", '{"\\u0000":1}', TWICE
    yield "nul in a name", '{"a\\u0000":1}', TWICE
    yield "nul in a name", '[{"b":{"\\u0000a":1}}]', TWICE


def controls():
    for code in range(0x20):
        if code == 0x0a:  # ends the line
            continue
        yield "control", f'"{chr(code)}"', WRONG
        yield "control", f'{{"a{chr(code)}":1}}', WRONG
    yield "control", '"\x7f"', GOOD
    yield "control", '{"\x7f":1}', GOOD


WELL_FORMED = ["c280", "dfbf", "e0a080", "e0bfbf", "ed9fbf", "ee8080", "efbfbd",
               "efbfbe", "efbfbf", "f0908080", "f09f9880", "f3a08081",
               "f48fbfbf", "e280a8", "e280a9", "c285", "c2a0", "efbbbf",
               "e2808b", "e280ae", "cc81", "c3a9", "e38080"]
ILL_FORMED = ["80", "bf", "c0", "c080", "c1bf", "c0af", "c2", "c241", "c2c2",
              "df", "e0", "e080", "e08080", "e09fbf", "e0a0", "e0a041", "e2",
              "e282", "e28241", "eda080", "edafbf", "edb080", "edbfbf",
              "eda0bdedb880", "ef", "efbf", "f0", "f080", "f0808080",
              "f08fbfbf", "f09f", "f09f98", "f09f9841", "f4908080", "f5808080",
              "f7bfbfbf", "f8888080", "f888808080", "fc8480808080", "fe", "ff",
              "feff", "fffe", "4180", "e9", "8182", "c3a9a9", "c328", "fc"]


def encodings():
    for digits in WELL_FORMED:
        raw = bytes.fromhex(digits)
        yield "utf-8", b'"' + raw + b'"', GOOD
        yield "utf-8", b'{"' + raw + b'":1}', GOOD
    for digits in ILL_FORMED:
        raw = bytes.fromhex(digits)
        yield "utf-8", b'"' + raw + b'"', WRONG
        yield "utf-8", b'{"' + raw + b'":1}', WRONG
        yield "utf-8", b"[" + raw + b"]", WRONG
    for digits in WELL_FORMED:
        yield "outside of a string", b"[" + bytes.fromhex(digits) + b"]", WRONG
    for code in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        yield code, "{}".encode(code), WRONG
        yield code, '["a"]'.encode(code), WRONG
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        yield "byte order mark", mark + b"{}", WRONG
        yield "byte order mark", mark + b"1", WRONG
        yield "byte order mark", b"{}" + mark, WRONG


def spaces():
    for mark in " \t\r":
        yield "space", mark, BLANK
        yield "space", mark * 3, BLANK
        for text in (f"{mark}1", f"1{mark}", f"{mark}{{}}{mark}",
                     f"[{mark}1{mark},{mark}2{mark}]",
                     f'{{{mark}"a"{mark}:{mark}1{mark}}}'):
            yield "space", text, GOOD
    yield "space", "", BLANK
    for mark in ("\x0b", "\x0c", "\x00", "\x1c", "\x85", "\xa0", "\u2028",
                 "\u2029", "\u3000", "\u200b", "\u2003", "\ufeff", "\x08"):
        yield "no space", f"{mark}1", WRONG
        yield "no space", f"1{mark}", WRONG
        yield "no space", f"[1,{mark}2]", WRONG


def names():
    for text in ('{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}',
                 '{"a":1,"\\u0061":2}', '{"\\u0061":1,"\\u0061":2}',
                 '{"\\/":1,"/":2}', '{"":1,"":2}', '{"a":{},"a":[]}',
                 '{"b":{"a":1,"a":2}}', '[{"a":1,"a":2}]',
                 '{"x":[{"y":{"a":1,"\\u0061":1}}]}', '{"\\n":1,"\\u000a":2}',
                 '{"\u00e9":1,"\\u00e9":2}', '{"\U0001f600":1,"\\ud83d\\ude00":2}',
                 '{"\\u00e9":1,"\\u00E9":2}', '{"__proto__":1,"__proto__":2}',
                 '{"a":1,"b":{"a":1},"a":1}', '{"\\"":1,"\\u0022":2}'):
        yield "duplicate", text, TWICE
    for text in ('{"a":1,"A":2}', '{"a":1,"b":{"a":2}}', '[{"a":1},{"a":1}]',
                 '{"a":1,"a ":2}', '{"\u00e9":1,"e\u0301":2}', '{"a":"a"}',
                 '{"1":1,"01":2}', '{"__proto__":1}', '{"constructor":{}}',
                 '{"id":1,"method":"x","jsonrpc":"1.0","params":[]}',
                 '{"a":{"b":1},"b":{"a":1}}', '{"\\u0061":1,"\\u0062":2}'):
        yield "name", text, GOOD


def nesting():
    for depth in (2, 16, 64, DEPTH_LEFT - 1, DEPTH_LEFT):
        yield "depth", "[" * depth + "]" * depth, GOOD
        yield "depth", '{"a":' * depth + "1" + "}" * depth, GOOD
    for depth in (DEPTH_LEFT + 1, DEPTH_LEFT + 2, 1000, 100000):
        # Brackets are counted up to 1024, to find whose answer it is.
        name = "depth" if depth <= 1000 else "great depth"
        yield name, "[" * depth + "]" * depth, TWICE
        yield name, '{"a":' * depth + "1" + "}" * depth, TWICE
    # Too deep before it is anything else.
    yield "depth, open", "[" * 100000, TWICE
    yield "depth, open", '{"a":' * 100000, TWICE
    yield "depth, open", "]" * 1000, WRONG
    yield "depth", "[" + "[]," * 5000 + "[]]", GOOD
    yield "depth, open", "[" * 125 + "1" + "]" * 124, WRONG


def sizes():
    for n in (15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 4095, 65537):
        yield "size", '"' + "x" * n + '"', GOOD
        yield "size", '"' + "x" * n + '\x01"', WRONG
        yield "size", '"' + "x" * n + '\\"', WRONG
    for n in (1, 100, 65536):
        yield "members", "{%s}" % ",".join(f'"{i}":0' for i in range(n)), GOOD
    yield "members", "{%s}" % ",".join(f'"{i}":0' for i in range(65537)), TWICE
    yield "elements", "[" + "0," * 100000 + "0]", GOOD
    yield "members", "{%s}" % ",".join(
        f'"{i % 999}":0' for i in range(1000)), TWICE


PASS, INVALID, UNPARSED, SKIPPED = "pass", -32600, -32700, "skipped"


def envelopes():
    """Whole requests of a client's, and what becomes of each: PASS to the byte,
    the code of the answer, or SKIPPED. `@` is where an id goes."""
    head = '{"jsonrpc":"2.0","id":@,"method":"ping"'
    for text in (head + "}", head + ',"params":{}}', "\t" + head + "}",
                 head + "} ", head + "}\r", " " + head + ' , "params" : { } }',
                 '{"method":"ping","id":@,"jsonrpc":"2.0"}',
                 '{"id":@,"params":{"a":[1]},"jsonrpc":"2.0","method":"ping"}',
                 '{"jsonrpc":"2.0","id":@,"m\\u0065thod":"ping"}',
                 '{"jsonrpc":"2.0","id":@,"method":"p\\u0069ng"}',
                 '{"jsonrpc":"2\\u002e0","id":@,"method":"ping"}',
                 head + ',"params":{"id":1,"method":"x","result":{}}}',
                 head + ',"params":{"jsonrpc":"1.0","Method":1}}'):
        yield text, PASS
    for text in (head + ',"x":1}', head + ',"":1}', head + ',"result":{}}',
                 head + ',"error":{}}', head + ',"params":[]}',
                 head + ',"params":null}', head + ',"params":"x"}',
                 head + ',"params":1}', head + ',"Params":{}}',
                 head + ',"METHOD":"x"}', head + ',"iD":1}',
                 '{"jsonrpc":"1.0","id":@,"method":"ping"}',
                 '{"jsonrpc":2.0,"id":@,"method":"ping"}',
                 '{"jsonrpc":"2.00","id":@,"method":"ping"}',
                 '{"jsonrpc":null,"id":@,"method":"ping"}',
                 '{"id":@,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":@}',
                 '{"jsonrpc":"2.0","id":@,"method":null}',
                 '{"jsonrpc":"2.0","id":@,"method":1}',
                 '{"jsonrpc":"2.0","id":@,"method":["ping"]}',
                 '{"jsonrpc":"2.0","id":@,"Method":"ping"}',
                 '{"jsonrpc":"2.0","id":null,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":1.0,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":1e0,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":0.5,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":-9007199254740992,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":true,"method":"ping"}',
                 '{"jsonrpc":"2.0","id":{},"method":"ping"}',
                 '{"jsonrpc":"2.0","id":[1],"method":"ping"}',
                 "[" + head + "}]", "[]", "[1]", '"ping"', "1", "null", "{}"):
        yield text, INVALID
    for text in (head, head + "}}", head + "}" + head + "}", head + ",}",
                 "\ufeff" + head + "}", head + "}\x00", "\x00" + head + "}",
                 "x" + head + "}", head + "}x", head + '}\u2028',
                 head.replace('"', "'") + "}", head + "}{}", head + "},"):
        yield text, UNPARSED
    for text in ("", " ", "\t", "\r", " \t \r"):
        yield text, SKIPPED


def cases():
    """All of them, each text once, in a fixed order."""
    seen = {}
    for family in (structure, numbers, literals, escapes, unicode_escapes,
                   controls, encodings, spaces, names, nesting, sizes):
        for name, text, verdict in family():
            raw = text if isinstance(text, bytes) else text.encode()
            assert seen.setdefault(raw, verdict) == verdict, (raw, verdict)
            yield Case(name, raw, verdict)


CASES = list({case.text: case for case in cases()}.values())
