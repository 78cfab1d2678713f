//! Who is at the other end: a person, a CI service, or a program that acts for a person.

use super::environment::{CONSENT, Environment, TERM};

/// Variables that any CI service may set; `CI=false` counts, as in Prisma.
pub const CI_COMMON: &[&str] = &["CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "RUN_ID"];

/// Variables that one CI service sets. Vercel's are left out, as in Prisma.
pub const CI_SERVICES: &[&str] = &[
    "AGOLA_GIT_REF",
    "AC_APPCIRCLE",
    "APPVEYOR",
    "CODEBUILD",
    "TF_BUILD",
    "bamboo_planKey",
    "BITBUCKET_COMMIT",
    "BITRISE_IO",
    "BUDDY_WORKSPACE_ID",
    "BUILDKITE",
    "CIRCLECI",
    "CIRRUS_CI",
    "CF_BUILD_ID",
    "CM_BUILD_ID",
    "CI_NAME",
    "DRONE",
    "DSARI",
    "EARTHLY_CI",
    "EAS_BUILD",
    "GERRIT_PROJECT",
    "GITEA_ACTIONS",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "GOCD",
    "BUILDER_OUTPUT",
    "HARNESS_BUILD_ID",
    "JENKINS_URL",
    "BUILD_ID",
    "LAYERCI",
    "MAGNUM",
    "NETLIFY",
    "NEVERCODE",
    "PROW_JOB_ID",
    "RELEASE_BUILD_ID",
    "RENDER",
    "SAILCI",
    "HUDSON",
    "SCREWDRIVER",
    "SEMAPHORE",
    "SOURCEHUT",
    "STRIDER",
    "TASK_ID",
    "TEAMCITY_VERSION",
    "TRAVIS",
    "VELA",
    "NOW_BUILDER",
    "APPCENTER_BUILD_ID",
    "CI_XCODE_PROJECT",
    "XCS",
];

/// Whether questions can be asked, and if not, whether that is because of a CI service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interactivity {
    /// Standard input is a terminal, the terminal can do more than print, and no CI service is at work.
    pub can_prompt: bool,
    /// A CI service is at work.
    pub ci: bool,
}

/// Decides from the environment and from whether standard input is a terminal.
pub fn interactivity(environment: &Environment, stdin_is_terminal: bool) -> Interactivity {
    let common = CI_COMMON.iter().any(|name| environment.filled(name).is_some());
    let ci = common || CI_SERVICES.iter().any(|name| environment.filled(name).is_some());
    Interactivity { can_prompt: stdin_is_terminal && environment.get(TERM) != Some("dumb") && !ci, ci }
}

/// The file that marks Devin's machines.
pub const DEVIN: &str = "/opt/.devin";

/// What has to hold of a variable for its agent to be at work.
#[derive(Clone, Copy)]
enum Mark {
    Set,
    Equals(&'static str),
    StartsWith(&'static str),
}

/// Variables by which AI agents are known, with their names: the lists of Prisma 6 and 7 together.
const AGENTS: &[(&str, Mark, &str)] = &[
    ("CLAUDECODE", Mark::Set, "Claude Code"),
    ("CODEX_THREAD_ID", Mark::Set, "Codex"),
    ("CODEX_CI", Mark::Set, "Codex"),
    ("CODEX_SANDBOX", Mark::Set, "Codex"),
    ("CODEX_SANDBOX_NETWORK_DISABLED", Mark::Set, "Codex"),
    ("GEMINI_CLI", Mark::Set, "Gemini CLI"),
    ("QWEN_CODE", Mark::Set, "Qwen Code"),
    ("CURSOR_AGENT", Mark::Set, "Cursor"),
    ("COPILOT_CLI", Mark::Set, "Copilot CLI"),
    ("OPENCODE", Mark::Set, "OpenCode"),
    ("OPENCODE_CLIENT", Mark::Set, "OpenCode"),
    ("CLINE_ACTIVE", Mark::Set, "Cline"),
    ("CRUSH", Mark::Set, "Crush"),
    ("AUGMENT_AGENT", Mark::Set, "Augment"),
    ("ANTIGRAVITY_AGENT", Mark::Set, "Antigravity"),
    ("REPLIT_CLI", Mark::Set, "Replit"),
    ("REPLIT_SESSION", Mark::StartsWith("agent-"), "Replit"),
    ("AGENT", Mark::Equals("goose"), "Goose"),
    ("AGENT", Mark::Equals("amp"), "Amp"),
    ("OR_APP_NAME", Mark::Equals("Aider"), "Aider"),
];

/// The agent in whose name a command would destroy data without a person's consent; `None` if no agent is at work or
/// the consent is given in [`CONSENT`]. `devin` says whether the file that marks Devin's machines exists.
pub fn unconsenting_agent(environment: &Environment, devin: bool) -> Option<String> {
    if environment.filled(CONSENT).is_some() {
        return None;
    }
    let known = AGENTS.iter().find(|(name, mark, _)| {
        environment.filled(name).is_some_and(|value| match mark {
            Mark::Set => true,
            Mark::Equals(expected) => value == *expected,
            Mark::StartsWith(prefix) => value.starts_with(prefix),
        })
    });
    if let Some((_, _, agent)) = known {
        return Some((*agent).to_owned());
    }
    if devin {
        return Some("Devin".to_owned());
    }
    let generic = environment.filled("AI_AGENT").or_else(|| environment.filled("AGENT"))?;
    let name: String = generic.chars().filter(|c| !c.is_control()).take(64).collect();
    Some(if name.trim().is_empty() { "an automated caller".to_owned() } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_and_services() {
        for (pairs, terminal, can_prompt, ci) in [
            (&[][..], true, true, false),
            (&[], false, false, false),
            (&[("TERM", "dumb")], true, false, false),
            (&[("TERM", "xterm")], true, true, false),
            (&[("CI", "")], true, true, false),
            (&[("CI", "false")], true, false, true),
            (&[("GITLAB_CI", "")], true, true, false),
            (&[("GITLAB_CI", "true")], true, false, true),
            (&[("VERCEL", "1")], true, true, false),
        ] {
            let environment = Environment::new(pairs.iter().copied());
            assert_eq!(interactivity(&environment, terminal), Interactivity { can_prompt, ci }, "{pairs:?}");
        }
    }

    /// Each variable alone, as a CI service sets it and empty; the list is that of Prisma 6 and 7.
    #[test]
    fn every_service() {
        const NAMES: &str = "CI CONTINUOUS_INTEGRATION BUILD_NUMBER RUN_ID \
            AGOLA_GIT_REF AC_APPCIRCLE APPVEYOR CODEBUILD TF_BUILD bamboo_planKey BITBUCKET_COMMIT BITRISE_IO \
            BUDDY_WORKSPACE_ID BUILDKITE CIRCLECI CIRRUS_CI CF_BUILD_ID CM_BUILD_ID CI_NAME DRONE DSARI EARTHLY_CI \
            EAS_BUILD GERRIT_PROJECT GITEA_ACTIONS GITHUB_ACTIONS GITLAB_CI GOCD BUILDER_OUTPUT HARNESS_BUILD_ID \
            JENKINS_URL BUILD_ID LAYERCI MAGNUM NETLIFY NEVERCODE PROW_JOB_ID RELEASE_BUILD_ID RENDER SAILCI HUDSON \
            SCREWDRIVER SEMAPHORE SOURCEHUT STRIDER TASK_ID TEAMCITY_VERSION TRAVIS VELA NOW_BUILDER \
            APPCENTER_BUILD_ID CI_XCODE_PROJECT XCS";
        for name in NAMES.split_whitespace() {
            for (value, ci) in [("true", true), ("false", true), ("1", true), ("", false)] {
                let found = interactivity(&Environment::new([(name, value)]), true);
                assert_eq!(found, Interactivity { can_prompt: !ci, ci }, "{name}={value}");
            }
        }
        let known: Vec<&str> = CI_COMMON.iter().chain(CI_SERVICES).copied().collect();
        assert_eq!(known, NAMES.split_whitespace().collect::<Vec<_>>());
    }

    /// The lists of Prisma 6.19 and 7.9, then what looks like one of them and is none, then agents that no list knows.
    #[test]
    fn agents() {
        let long = "x".repeat(100);
        for (name, value, expected) in [
            ("CLAUDECODE", "1", Some("Claude Code")),
            ("CLAUDECODE", "0", Some("Claude Code")),
            ("CLAUDECODE", "", None),
            ("GEMINI_CLI", "1", Some("Gemini CLI")),
            ("CURSOR_AGENT", "1", Some("Cursor")),
            ("REPLIT_CLI", "1", Some("Replit")),
            ("OR_APP_NAME", "Aider", Some("Aider")),
            ("CODEX_SANDBOX", "seatbelt", Some("Codex")),
            ("CODEX_SANDBOX", "other", Some("Codex")),
            ("CODEX_THREAD_ID", "7", Some("Codex")),
            ("CODEX_CI", "1", Some("Codex")),
            ("CODEX_SANDBOX_NETWORK_DISABLED", "1", Some("Codex")),
            ("QWEN_CODE", "1", Some("Qwen Code")),
            ("COPILOT_CLI", "1", Some("Copilot CLI")),
            ("OPENCODE", "1", Some("OpenCode")),
            ("OPENCODE_CLIENT", "1", Some("OpenCode")),
            ("CLINE_ACTIVE", "true", Some("Cline")),
            ("CRUSH", "1", Some("Crush")),
            ("AUGMENT_AGENT", "1", Some("Augment")),
            ("ANTIGRAVITY_AGENT", "1", Some("Antigravity")),
            ("AGENT", "goose", Some("Goose")),
            ("AGENT", "amp", Some("Amp")),
            ("REPLIT_SESSION", "agent-7", Some("Replit")),
            ("REPLIT_SESSION", "person", None),
            ("REPLIT_SESSION", "an agent-7", None),
            ("OR_APP_NAME", "Other", None),
            ("OR_APP_NAME", "Aider 2", None),
            ("claudecode", "1", None),
            ("CI", "1", None),
            ("AI_AGENT", "somebody new", Some("somebody new")),
            ("AGENT", "somebody new", Some("somebody new")),
            ("AI_AGENT", "", None),
            ("AGENT", "new\u{7}\n\u{1b}[31mone", Some("new[31mone")),
            ("AI_AGENT", &long, Some(&long[..64])),
            ("AGENT", "\u{7}", Some("an automated caller")),
        ] {
            let environment = Environment::new([(name, value)]);
            assert_eq!(unconsenting_agent(&environment, false).as_deref(), expected, "{name}={value:?}");
            let consenting = Environment::new([(name, value), (CONSENT, "yes, do it")]);
            assert_eq!(unconsenting_agent(&consenting, true), None, "{name}={value:?}");
            let silent = Environment::new([(name, value), (CONSENT, "")]);
            assert_eq!(unconsenting_agent(&silent, false).as_deref(), expected, "{name}={value:?}");
        }
    }

    /// Who is named if several are at work: the known before the file, the file before the generic forms.
    #[test]
    fn several_agents() {
        for (pairs, devin, expected) in [
            (&[][..], false, None),
            (&[], true, Some("Devin")),
            (&[("CLAUDECODE", "1")], true, Some("Claude Code")),
            (&[("AI_AGENT", "x")], true, Some("Devin")),
            (&[("AGENT", "amp"), ("CURSOR_AGENT", "1")], false, Some("Cursor")),
            (&[("AGENT", "x"), ("AI_AGENT", "y")], false, Some("y")),
        ] {
            let environment = Environment::new(pairs.iter().copied());
            assert_eq!(unconsenting_agent(&environment, devin).as_deref(), expected, "{pairs:?}");
        }
    }
}
