//! Makes schemas from schemas: the same seed always gives the same text, so that what Prisma makes of it can be
//! recorded as a checksum.

/// A generator of numbers (`SplitMix64`). Its sequence never changes: recorded checksums depend on it.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

const BLANKS: &[&str] = &[" ", " ", "  ", "\t", "\u{a0}", "      "];
const COMMENTS: &[&str] = &[
    "// note",
    "/// doc",
    "//",
    "///",
    "//tight",
    "////four",
    "/* block */",
    "/** starred */",
    "/* two\n * lines\n */",
    "//  indented ",
    "/* a */ // b",
    "// größer als 漢字",
];
const TRAILING: &[&str] =
    &["// note", "/// doc", "//", "/* block */", "/* two\n lines */", "// a // b", "/* a */ // b"];
const TOKENS: &[&str] = &[
    "@",
    "@@",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?",
    "!",
    ":",
    ",",
    ".",
    "\"",
    "-",
    "=",
    "/*",
    "*/",
    "//",
    "///",
    "\\",
    "@id",
    "@unique",
    "@map(\"x\")",
    "@db.Text",
    "@default(1)",
    "@ignore",
    "[]",
    "x",
    "é",
    "1",
    "\u{feff}",
    "\u{b}",
];
const LINES: &[&str] = &[
    "@@map(\"x\")",
    "@@index([id])",
    "@@unique([id, name(sort: Desc)], map: \"u\")",
    "@@ignore",
    "@@schema(\"s\")",
    "@@id([a,b],name:\"k\")",
    "extra String?",
    "extraLonger Int[] @default([1,2])",
    "?? junk",
    "}",
    "a = 1",
    "KEY",
    "model Inner {",
    "enum Other {",
    "legacy: Int",
    "stray words here",
    "x Unsupported( \"point\" ) ?",
    "obj Int @x({a:1,b:{}})",
];

/// A changed copy of `text`: spacing, comments, blank lines, the order of attributes, and now and then real damage.
pub(crate) fn mutate(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let harmless_only = random.below(3) > 0;
    for _ in 0..=random.below(6) {
        if lines.is_empty() {
            lines.push("\n".to_owned());
        }
        let at = random.below(lines.len());
        match random.below(if harmless_only { 10 } else { 16 }) {
            0 => lines.insert(at, "\n".repeat(1 + random.below(2))),
            1 if lines[at].trim().is_empty() => drop(lines.remove(at)),
            1 | 2 => lines.insert(at, format!("{}{}\n", random.pick(&["", "  ", "\t"]), random.pick(COMMENTS))),
            3 => append(&mut lines[at], &format!("{}{}", random.pick(&["", " ", "   "]), random.pick(TRAILING))),
            4 | 5 => space(&mut lines[at], random),
            6 => tighten(&mut lines[at], random),
            7 => shuffle_attributes(&mut lines[at], random),
            8 => {
                let other = (at + 1) % lines.len();
                lines.swap(at, other);
            }
            9 => {
                let indent = random.pick(&["", "    ", "\t", "\u{3000}"]);
                lines[at] = format!("{indent}{}", lines[at].trim_start_matches(' '));
            }
            10 => drop(lines.remove(at)),
            11 => lines.insert(at, lines[at].clone()),
            12 => remove_char(&mut lines[at], random),
            13 => {
                let position = boundary(&lines[at], random);
                lines[at].insert_str(position, random.pick(TOKENS));
            }
            14 => lines[at] = lines[at].replace('\n', random.pick(&["\r\n", "\r", "", " \n"])),
            _ => lines.insert(at, format!("  {}\n", random.pick(LINES))),
        }
    }
    lines.concat()
}

/// Before the newline.
fn append(line: &mut String, text: &str) {
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.insert_str(end, text);
}

/// Puts blanks where a token begins or ends.
fn space(line: &mut String, random: &mut Random) {
    let punctuation: Vec<usize> = line
        .char_indices()
        .filter(|(_, char)| " ()[]{},:?@=".contains(*char))
        .flat_map(|(at, char)| [at, at + char.len_utf8()])
        .collect();
    if !punctuation.is_empty() {
        line.insert_str(punctuation[random.below(punctuation.len())], random.pick(BLANKS));
    }
}

/// Takes a run of blanks away.
fn tighten(line: &mut String, random: &mut Random) {
    let blanks: Vec<usize> = line.match_indices(' ').map(|(at, _)| at).collect();
    if !blanks.is_empty() {
        let at = blanks[random.below(blanks.len())];
        let length = line[at..].len() - line[at..].trim_start_matches(' ').len();
        line.replace_range(at..at + length, "");
    }
}

fn shuffle_attributes(line: &mut String, random: &mut Random) {
    let body = line.trim_end_matches(['\r', '\n']);
    let end = line[body.len()..].to_owned();
    let mut parts: Vec<&str> = body.split(" @").collect();
    for at in (2..parts.len()).rev() {
        parts.swap(at, 1 + random.below(at));
    }
    *line = parts.join(" @") + &end;
}

fn remove_char(line: &mut String, random: &mut Random) {
    let at = boundary(line, random);
    if at < line.len() {
        line.remove(at);
    }
}

fn boundary(line: &str, random: &mut Random) -> usize {
    let boundaries: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
    if boundaries.is_empty() { 0 } else { boundaries[random.below(boundaries.len())] }
}
