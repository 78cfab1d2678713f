//! Blocks sorted into files.

use std::collections::{HashMap, HashSet};

use super::layout::Layout;
use super::plan::Plan;
use super::{Previous, PullOptions, Pulled, PulledFile, ViewDefinition, blocks, configuration, keys, names};
use crate::psl::{FileId, Span};

/// A block and where it belongs.
pub(super) struct Printed {
    pub(super) text: String,
    /// Of a block that was there before.
    pub(super) place: Option<Span>,
}

/// Writes everything.
pub(super) fn print(plan: &Plan<'_>, previous: &Previous<'_>, options: &PullOptions) -> Pulled {
    let layout = Layout::new(previous.files, nameless(plan));
    let mut warnings = plan.warnings.clone();
    let mut partial = false;
    let mut models: Vec<Printed> = Vec::with_capacity(plan.models.len());
    for model in &plan.models {
        let keys = keys::attributes(plan, model, &mut |warning, item| warnings.add(warning, item));
        partial |= keys.has_predicate;
        let text = blocks::model(plan, &layout, model, &keys, &mut warnings);
        models.push(Printed { text, place: model.previous.map(|previous| previous.span).or(model.commented) });
    }
    let views = plan.views.iter().map(|view| Printed {
        text: blocks::view(plan, &layout, view, &mut warnings),
        place: view.previous.map(|previous| previous.span),
    });
    let views: Vec<Printed> = views.collect();
    let enums = plan.enums.iter().map(|item| Printed {
        text: blocks::enumeration(plan, &layout, item, &mut warnings),
        place: item.previous.map(|previous| previous.span),
    });
    let enums: Vec<Printed> = enums.collect();
    let files = files(plan, previous, options, &layout, partial, [models, views, enums]);
    Pulled {
        models: plan.models.iter().filter(|model| !model.is_empty()).count(),
        enums: plan.enums.len(),
        views: plan
            .views
            .iter()
            .map(|view| ViewDefinition {
                namespace: view.view.name.namespace.clone(),
                name: view.name.clone(),
                sql: view.view.definition.clone(),
            })
            .collect(),
        files,
        warnings,
    }
}

/// Names of columns and labels without a letter.
fn nameless<'a>(plan: &Plan<'a>) -> HashSet<&'a str> {
    let columns = plan.models.iter().flat_map(|model| &model.table.columns).map(|column| column.name.as_str());
    let labels = plan.enums.iter().flat_map(|item| &item.item.values).map(String::as_str);
    columns.chain(labels).filter(|name| names::sanitized(name).is_empty()).collect()
}

/// A file in the making.
struct Draft {
    /// One of before.
    id: Option<FileId>,
    path: String,
    parts: Vec<Part>,
}

/// A block with the comments in front of it.
struct Part {
    /// Where it stays, or what it stays behind; nothing in files that show no hand.
    place: Option<u32>,
    kind: usize,
    texts: Vec<String>,
}

/// Sorts blocks into files: what was there before stays where it was, in its order; what is new follows, in the only
/// file or in one of its own.
fn files(
    plan: &Plan<'_>,
    previous: &Previous<'_>,
    options: &PullOptions,
    layout: &Layout<'_>,
    partial: bool,
    mut kinds: [Vec<Printed>; 3],
) -> Vec<PulledFile> {
    let single = match previous.files {
        [file] => Some(file.source.path.clone()),
        _ if options.force => Some(options.new_file.clone()),
        _ => None,
    };
    let mut files: Vec<Draft> = match &single {
        Some(path) => vec![Draft { id: None, path: path.clone(), parts: Vec::new() }],
        None => (previous.files.iter())
            .map(|file| Draft { id: Some(file.source.id), path: file.source.path.clone(), parts: Vec::new() })
            .collect(),
    };
    let configuration: Vec<Printed> =
        previous.files.iter().flat_map(|file| configuration::blocks(file, plan, layout, options, partial)).collect();
    let stays: HashSet<Span> =
        kinds.iter().flatten().chain(&configuration).filter_map(|printed| printed.place).collect();
    let (mut in_front, at_end) = comments_alone(previous, layout, &stays);
    let laid_out: HashSet<FileId> = (previous.files.iter())
        .filter(|file| layout.is_laid_out(file) && !options.force)
        .map(|file| file.source.id)
        .collect();
    // New blocks stay in the order they came in.
    for kind in &mut kinds {
        kind.sort_by_key(|block| block.place.map_or((u32::MAX, u32::MAX), |span| (span.file.0, span.start)));
    }
    for (kind, blocks) in [configuration].into_iter().chain(kinds).enumerate() {
        for block in blocks {
            let home = block.place.map(|span| span.file);
            let position = files.iter().position(|file| match (single.is_some(), home) {
                (true, _) => true,
                (false, Some(home)) => file.id == Some(home),
                (false, None) => file.path == options.new_file,
            });
            let mut texts = block.place.and_then(|place| in_front.remove(&place)).unwrap_or_default();
            texts.push(block.text);
            let place = block.place.filter(|at| laid_out.contains(&at.file)).map(|at| at.start);
            if let Some(file) = position.and_then(|position| files.get_mut(position)) {
                let alike = file.parts.iter().rev().find(|part| part.kind == kind);
                let place = if block.place.is_none() { alike.and_then(|part| part.place) } else { place };
                file.parts.push(Part { place, kind, texts });
            } else {
                let parts = vec![Part { place: None, kind, texts }];
                files.push(Draft { id: None, path: options.new_file.clone(), parts });
            }
        }
    }
    for file in &mut files {
        // What has a place stays there; the sort keeps the order of the rest.
        if file.parts.iter().any(|part| part.place.is_some()) {
            file.parts.sort_by_key(|part| part.place.unwrap_or(u32::MAX));
        }
    }
    for (id, text) in at_end {
        if let Some(file) = files.iter_mut().find(|file| single.is_some() || file.id == Some(id)) {
            file.parts.push(Part { place: None, kind: 0, texts: vec![text] });
        }
    }
    let text = |file: Draft| {
        let texts: Vec<String> = file.parts.into_iter().flat_map(|part| part.texts).collect();
        PulledFile { path: file.path, text: texts.join("\n\n") + "\n" }
    };
    files.into_iter().map(text).collect()
}

/// By the block that they are in front of, and those at the ends of files.
type AloneComments = (HashMap<Span, Vec<String>>, Vec<(FileId, String)>);

/// Comments that stand alone: by the block that they are in front of, and those at the ends of files.
fn comments_alone(previous: &Previous<'_>, layout: &Layout<'_>, stays: &HashSet<Span>) -> AloneComments {
    let mut in_front: HashMap<Span, Vec<String>> = HashMap::new();
    let mut at_end = Vec::new();
    for file in previous.files {
        for alone in layout.alone(file, |block| stays.contains(&block)) {
            match alone.block {
                Some(block) => in_front.entry(block).or_default().push(alone.text),
                None => at_end.push((file.source.id, alone.text)),
            }
        }
    }
    (in_front, at_end)
}
