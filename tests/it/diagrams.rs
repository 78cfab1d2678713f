//! The generator `evt-erd`: what is drawn can be read.
//!
//! `tests/fixtures/diagrams` has the picture of the example, which the README shows; `UPDATE=1` draws it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evt::generate::erd::{Format, diagram};
use evt::psl::schema::RelationKind;
use evt::psl::{FileId, PslSchema, Source, parse, validate};
use libtest_mimic::{Failed, Trial};

use crate::example::{example, valid};
use crate::is_updating;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

pub(crate) fn tests() -> Vec<Trial> {
    let corpus = Trial::test("diagrams: schemas of real projects", real_projects);
    let graphviz = Trial::test("diagrams: Graphviz reads what is written for it", graphviz_reads_dot);
    vec![
        Trial::test("diagrams: the picture of the example", picture_of_the_example),
        Trial::test("diagrams: the samples", samples),
        corpus.with_ignored_flag(!Path::new(CORPUS).exists()),
        Trial::test("diagrams: a hundred and fifty tables", many_tables),
        Trial::test("diagrams: all kinds of relations and names", all_kinds),
        graphviz.with_ignored_flag(Command::new("dot").arg("-V").output().is_err()),
    ]
}

fn picture_of_the_example() -> Result<(), Failed> {
    let schema = valid(&example());
    let path = fixtures().join("diagrams/example.svg");
    let picture = diagram(&schema, Format::Svg);
    if is_updating() {
        std::fs::write(&path, &picture)?;
    }
    let expected = std::fs::read_to_string(path)?;
    if picture != expected {
        return Err(similar::TextDiff::from_lines(&expected, &picture).unified_diff().to_string().into());
    }
    check("example", &schema)
}

fn samples() -> Result<(), Failed> {
    for sample in ["samples/extensions", "samples/film_rental", "samples/music_shop", "rust/every_type"] {
        let text = std::fs::read_to_string(fixtures().join(format!("{sample}.prisma")))?;
        check(sample, &valid(&text))?;
    }
    Ok(())
}

/// The last schema of each project, which is the largest, and each twentieth.
fn real_projects() -> Result<(), Failed> {
    let mut seen = 0;
    for project in std::fs::read_dir(CORPUS)?.flatten() {
        let Ok(schemas) = std::fs::read_dir(project.path().join("schemas")) else { continue };
        let mut paths: Vec<PathBuf> = schemas.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.iter().rev().step_by(20) {
            if let Some(schema) = understood(&std::fs::read_to_string(path)?) {
                check(&path.display().to_string(), &schema)?;
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "only {seen} schemas");
    Ok(())
}

fn understood(text: &str) -> Option<PslSchema> {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    validate(&[parse(source).0]).0
}

/// Tables that refer to others as if by chance, some to all, some to themselves, some in circles.
fn many_tables() -> Result<(), Failed> {
    let mut state = 7_u32;
    let mut chance = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut fields: Vec<String> = (0..150).map(|_| "  id Int @id\n".to_owned()).collect();
    for relation in 0..220 {
        let from = chance(150) as usize;
        let to = match chance(6) {
            0 => 0,
            1 => from,
            2 => chance(150) as usize,
            _ => from.saturating_sub(chance(9) as usize),
        };
        let optional = if chance(2) == 0 { "?" } else { "" };
        write!(fields[from], "  r{relation}Id Int{optional}\n  r{relation} T{to}{optional} ")?;
        let action = "onDelete: NoAction, onUpdate: NoAction";
        writeln!(fields[from], "@relation(\"r{relation}\", fields: [r{relation}Id], references: [id], {action})")?;
        writeln!(fields[to], "  b{relation} T{from}[] @relation(\"r{relation}\")")?;
    }
    let models = fields
        .iter()
        .enumerate()
        .fold(String::new(), |text, (number, fields)| format!("{text}model T{number} {{\n{fields}}}\n"));
    check("many tables", &valid(&format!("datasource db {{\n  provider = \"postgresql\"\n}}\n{models}")))
}

/// Relations of all cardinalities, in a circle, to itself, and texts that XML has other uses for.
const KINDS: &str = r#"
datasource db {
  provider = "postgresql"
}

enum Colour {
  red   @map("<r&d>")
  other @map("\"]]>'")

  @@map("col<our>")
}

/// Says "a < b && b > c" -->
model A {
  id       Int     @id
  name     String  @map("na\"me<>&")
  colour   Colour
  otherId  Int?    @unique
  other    A?      @relation("self", fields: [otherId], references: [id])
  selves   A?      @relation("self")
  parentId Int
  parent   A       @relation("tree", fields: [parentId], references: [id])
  children A[]     @relation("tree")
  bId      Int
  b        B       @relation("ab", fields: [bId], references: [id])
  bs       B[]     @relation("ba")
  friends  A[]     @relation("friends")
  friendOf A[]     @relation("friends")

  @@map("a<&>\"table\"")
}

model B {
  id  Int  @id
  aId Int?
  a   A?   @relation("ba", fields: [aId], references: [id])
  as  A[]  @relation("ab")
  c   C?
}

model C {
  x  Int
  y  Int
  z  Int @unique
  b  B   @relation(fields: [z], references: [id])
  d  D[]

  @@id([x, y])
  @@unique([y, x])
}

model D {
  x Int
  y Int
  c C   @relation(fields: [x, y], references: [y, x])

  @@id([x, y])
}
"#;

fn all_kinds() -> Result<(), Failed> {
    check("all kinds", &valid(KINDS))
}

/// What must hold of every picture.
fn check(name: &str, schema: &PslSchema) -> Result<(), Failed> {
    let picture = diagram(schema, Format::Svg);
    let drawing = Drawing::read(&picture).map_err(|problem| format!("{name}: {problem}"))?;
    let mut wrong = Vec::new();
    if drawing.boxes.len() != schema.models.len() + schema.enums.len() {
        wrong.push(format!("{} boxes", drawing.boxes.len()));
    }
    for (at, one) in drawing.boxes.iter().enumerate() {
        if one.x.0 < 0 || one.y.0 < 0 || one.x.1 > drawing.width || one.y.1 > drawing.height {
            wrong.push(format!("{one:?} is not on the sheet"));
        }
        wrong.extend(
            drawing.boxes[..at]
                .iter()
                .filter(|other| one.meets(other))
                .map(|other| format!("{one:?} covers {other:?}")),
        );
    }
    wrong.extend(wrong_lines(&drawing));
    let mut expected: Vec<(String, String)> = schema.relations.iter().map(|relation| ends(schema, relation)).collect();
    let mut drawn: Vec<(String, String)> = drawing.lines.iter().map(|line| line.ends.clone()).collect();
    expected.sort();
    drawn.sort();
    if expected != drawn {
        wrong.push(format!("relations: {drawn:?}\nexpected: {expected:?}"));
    }
    if picture != diagram(schema, Format::Svg) {
        wrong.push("drawn again it is another picture".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{name}: {}", wrong.join("\n")).into()) }
}

/// A piece of a line: the line's number, where the piece begins and ends.
type Stretch = (usize, i32, i32);

/// Lines that go through a box or askew, end elsewhere than at a box, or cannot be told from others.
fn wrong_lines(drawing: &Drawing) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut level: BTreeMap<(bool, i32), Vec<Stretch>> = BTreeMap::new();
    for (number, line) in drawing.lines.iter().enumerate() {
        for pair in line.points.windows(2) {
            let piece = Area::between(pair[0], pair[1]);
            if piece.x.0 != piece.x.1 && piece.y.0 != piece.y.1 {
                wrong.push(format!("{:?} goes askew at {pair:?}", line.ends));
            }
            for through in drawing.boxes.iter().filter(|one| one.meets(&piece)) {
                wrong.push(format!("{:?} goes through {through:?}", line.ends));
            }
            let is_level = piece.y.0 == piece.y.1;
            let (at, begin, end) =
                if is_level { (piece.y.0, piece.x.0, piece.x.1) } else { (piece.x.0, piece.y.0, piece.y.1) };
            level.entry((is_level, at)).or_default().push((number, begin, end));
        }
        for end in [line.points[0], line.points[line.points.len() - 1]] {
            if !drawing
                .boxes
                .iter()
                .any(|one| (one.x.0 == end.0 || one.x.1 == end.0) && one.y.0 < end.1 && end.1 < one.y.1)
            {
                wrong.push(format!("{:?} ends beside all boxes at {end:?}", line.ends));
            }
        }
    }
    // Lines may lie on each other only if they begin or end at the same point.
    let ends = |number: usize| {
        let points = &drawing.lines[number].points;
        [points[0], points[points.len() - 1]]
    };
    for pieces in level.values() {
        for (at, (one, begin, end)) in pieces.iter().enumerate() {
            for (other, other_begin, other_end) in &pieces[..at] {
                let related = one == other || ends(*one).iter().any(|end| ends(*other).contains(end));
                if !related && (*end).min(*other_end) - (*begin).max(*other_begin) > 2 {
                    let (one, other) = (&drawing.lines[*one].ends, &drawing.lines[*other].ends);
                    wrong.push(format!("{one:?} and {other:?} lie on each other"));
                }
            }
        }
    }
    wrong
}

/// The columns that a relation connects: the referenced one first.
fn ends(schema: &PslSchema, relation: &evt::psl::schema::Relation) -> (String, String) {
    let (forward, back) = (schema.model(relation.forward.0), schema.model(relation.back.0));
    let column = |model: &evt::psl::schema::Model, field| {
        let namespace = model.namespace.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
        format!("{namespace}{}.{}", model.database_name(), model.column_name(field))
    };
    if relation.kind == RelationKind::ManyToMany {
        let key = |model: &evt::psl::schema::Model| model.primary_key.as_ref().expect("a key").fields[0];
        return (column(forward, key(forward)), column(back, key(back)));
    }
    let (_, _, side) =
        forward.relation_fields().find(|(id, ..)| *id == relation.forward.1).expect("the field of a relation");
    (column(back, side.references[0]), column(forward, side.fields[0]))
}

/// A rectangle: from and to.
#[derive(Debug, Clone, Copy)]
struct Area {
    x: (i32, i32),
    y: (i32, i32),
}

impl Area {
    fn between(a: (i32, i32), b: (i32, i32)) -> Self {
        Self { x: (a.0.min(b.0), a.0.max(b.0)), y: (a.1.min(b.1), a.1.max(b.1)) }
    }

    /// Whether they have more in common than an edge. A line has no width, and yet an inside.
    fn meets(&self, other: &Self) -> bool {
        let common = |a: (i32, i32), b: (i32, i32)| {
            let inside = |at: i32, range: (i32, i32)| range.0 < at && at < range.1;
            if b.0 == b.1 { inside(b.0, a) } else { a.0 < b.1 && b.0 < a.1 }
        };
        common(self.x, other.x) && common(self.y, other.y)
    }
}

struct Line {
    ends: (String, String),
    points: Vec<(i32, i32)>,
}

/// What is in a picture.
struct Drawing {
    width: i32,
    height: i32,
    boxes: Vec<Area>,
    lines: Vec<Line>,
}

impl Drawing {
    fn read(picture: &str) -> Result<Self, String> {
        let document = roxmltree::Document::parse(picture).map_err(|error| error.to_string())?;
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> Result<i32, String> {
            node.attribute(name)
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| format!("no number `{name}`: {node:?}"))
        };
        let root = document.root_element();
        let (width, height) = (number(root, "width")?, number(root, "height")?);
        let mut drawing = Self { width, height, boxes: Vec::new(), lines: Vec::new() };
        for node in document.descendants() {
            match (node.tag_name().name(), node.attribute("class")) {
                ("rect", Some("body")) => {
                    let (x, y) = (number(node, "x")?, number(node, "y")?);
                    let (right, bottom) = (x + number(node, "width")?, y + number(node, "height")?);
                    drawing.boxes.push(Area { x: (x, right), y: (y, bottom) });
                }
                ("path", Some("line")) => {
                    let text = |name: &str| node.attribute(name).unwrap_or_default().to_owned();
                    let points = corners(&text("d")).ok_or_else(|| format!("no line: {}", text("d")))?;
                    drawing.lines.push(Line { ends: (text("data-from"), text("data-to")), points });
                }
                ("g", Some(_)) if !node.first_element_child().is_some_and(|child| child.has_tag_name("title")) => {
                    return Err(format!("no title: {node:?}"));
                }
                _ => {}
            }
        }
        Ok(drawing)
    }
}

/// The ends and corners of a path: of `M`, `Q` and the last `L` the first point.
fn corners(path: &str) -> Option<Vec<(i32, i32)>> {
    let mut points = Vec::new();
    let mut last = None;
    for part in path.split_inclusive(char::is_alphabetic).collect::<Vec<_>>().windows(2) {
        let command = part[0].chars().last()?;
        let numbers = part[1].trim_end_matches(char::is_alphabetic);
        let mut numbers = numbers.split(' ').map(str::parse::<i32>);
        let point = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        match command {
            'M' | 'Q' => points.push(point),
            'L' => last = Some(point),
            _ => return None,
        }
    }
    points.push(last?);
    Some(points)
}

fn graphviz_reads_dot() -> Result<(), Failed> {
    for text in [example(), KINDS.to_owned()] {
        let mut child = Command::new("dot")
            .arg("-Tsvg")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let schema = valid(&text);
        let written = diagram(&schema, Format::Dot);
        child.stdin.take().ok_or("a pipe")?.write_all(written.as_bytes())?;
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let drawn = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !said.is_empty() {
            return Err(said.into());
        }
        assert_eq!(drawn.matches("class=\"edge\"").count(), schema.relations.len());
        assert_eq!(drawn.matches("class=\"node\"").count(), schema.models.len() + schema.enums.len());
    }
    Ok(())
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
