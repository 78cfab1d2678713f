//! What evt answers is what Prisma answers, except where a case says why not.

use std::path::Path;

use libtest_mimic::Trial;

use super::{Case, case_files, folder};

const RECORDED: &str = "prisma-7.10.1.json";

pub(super) fn tests() -> Vec<Trial> {
    vec![Trial::test("diff: answers are those of Prisma", || {
        answers_are_those_of_prisma();
        Ok(())
    })]
}

fn answers_are_those_of_prisma() {
    let text = std::fs::read_to_string(folder().join(RECORDED)).expect("the recorded answers are there");
    let recorded: serde_json::Value = serde_json::from_str(&text).expect("the recorded answers are JSON");
    let (mut same, mut wrong) = (0, Vec::new());
    let mut judge = |name: String, case: &Case, ours: [&str; 2]| {
        let answer = |what: &str| recorded.get(&name).and_then(|a| a.get(what)).and_then(|a| a.as_str());
        let (Some(script), Some(summary)) = (answer("script"), answer("summary")) else {
            wrong.push(format!("{name}: not recorded, run tests/oracle/diff.mjs"));
            return;
        };
        let equal = comparable_script(script) == comparable_script(ours[0])
            && comparable_summary(summary) == comparable_summary(ours[1]);
        match (equal, case.section("deviation").is_some()) {
            (true, false) => same += 1,
            (false, true) => {}
            (true, true) => wrong.push(format!("{name}: says that it deviates, but does not")),
            (false, false) => wrong
                .push(format!("{name}: differs\n--- Prisma\n{script}\n{summary}\n--- evt\n{}\n{}", ours[0], ours[1])),
        }
    };
    for file in case_files("") {
        let topic = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for case in cases(&file) {
            let [(_, script), (_, summary), _] = case.answers();
            judge(format!("{topic}::{}", case.name), &case, [&script, &summary]);
        }
    }
    for case in case_files("live").iter().flat_map(|file| cases(file)) {
        // That these are evt's answers is another test, which needs the database.
        let ours = ["migration.sql", "summary"].map(|section| case.section(section).unwrap_or_default());
        judge(format!("database::{}", case.name), &case, ours);
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 0, "no case is compared");
}

fn cases(file: &Path) -> Vec<Case> {
    Case::all(&std::fs::read_to_string(file).expect("a fixture is readable"))
}

/// A script without the remark on several values of an enum, whose words are our own.
pub(super) fn comparable_script(script: &str) -> String {
    let mut lines = Vec::new();
    let mut after_heading = false;
    for line in script.lines() {
        let is_remark = line.starts_with("-- ") && after_heading;
        after_heading = line == "-- AlterEnum" || is_remark;
        if !is_remark {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// A summary without what Prisma prints by mistake or from inside: lone marks, defaults, repeated headings. It does not
/// name removed extensions.
pub(super) fn comparable_summary(summary: &str) -> String {
    let mut sections: Vec<(&str, Vec<String>)> = Vec::new();
    for line in summary.lines().filter(|line| !matches!(*line, "" | ")" | "`")) {
        match line.strip_prefix("  ") {
            None if sections.last().is_some_and(|(heading, _)| *heading == line) => {}
            None => sections.push((line, Vec::new())),
            Some(_) => {
                if let Some((heading, lines)) = sections.last_mut()
                    && *heading != "[-] Removed extensions"
                {
                    lines.push(without_defaults(line));
                }
            }
        }
    }
    let lines =
        sections.iter().flat_map(|(heading, lines)| std::iter::once(*heading).chain(lines.iter().map(String::as_str)));
    lines.collect::<Vec<_>>().join("\n")
}

fn without_defaults(line: &str) -> String {
    let Some(start) = line.find("default changed from ") else { return line.to_owned() };
    let rest = &line[start..];
    let ends = [", type changed", ", column ", ")"].map(|end| rest.rfind(end).unwrap_or(rest.len()));
    let end = ends.into_iter().min().unwrap_or(rest.len());
    format!("{}default changed{}", &line[..start], &rest[end..])
}
