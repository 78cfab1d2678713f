//! What people do to a schema between two migrations.

use super::Choices;
use super::project::{
    ACTIONS, COLUMNS, ENUMS, FieldType, Index, Kind, Model, Project, TABLES, VALUES, condition, is_ordered, placeholder,
};
use super::types::{TEXT, TYPES};

impl Project {
    /// The schema after one change, which may turn out to be none.
    pub(crate) fn edit(&mut self, choices: &mut Choices) {
        match choices.below(12) {
            0..=5 => self.edit_model(choices),
            6 | 7 => self.edit_enum(choices),
            8 | 9 => self.edit_relation(choices),
            10 => self.edit_tables(choices),
            _ => self.edit_all(choices),
        }
    }

    fn edit_tables(&mut self, choices: &mut Choices) {
        match choices.below(6) {
            0 | 1 => self.add_model(choices),
            2 if self.models.len() > 1 => {
                let position = choices.below(self.models.len());
                self.models.remove(position);
            }
            3 if self.models.len() > 1 => {
                // Another model under the name of one that goes.
                let position = choices.below(self.models.len());
                let old = self.models.remove(position);
                let before = self.models.len();
                self.add_model(choices);
                if self.models.len() > before
                    && let Some(new) = self.models.last_mut()
                {
                    new.name = old.name;
                }
            }
            4 if !self.models.is_empty() => {
                let position = choices.below(self.models.len());
                let model = self.models.remove(position);
                let position = choices.below(self.models.len() + 1);
                self.models.insert(position, model);
            }
            _ if !self.models.is_empty() => {
                let position = choices.below(self.models.len());
                let map = choices.once_in(2).then(|| choices.pick(&TABLES));
                self.models[position].map = map;
            }
            _ => {}
        }
    }

    fn edit_all(&mut self, choices: &mut Choices) {
        match choices.below(8) {
            0 => self.without_foreign_keys = !self.without_foreign_keys,
            1 => self.conditions = !self.conditions,
            2 => self.namespaces = !self.namespaces,
            3 | 4 if !self.models.is_empty() => {
                let position = choices.below(self.models.len());
                self.models[position].namespace = choices.below(3);
            }
            5 if !self.enums.is_empty() => {
                let position = choices.below(self.enums.len());
                self.enums[position].namespace = choices.below(3);
            }
            _ => {
                // Two tables change places, so that their indexes do too.
                if self.models.len() > 1 {
                    let (a, b) = (choices.below(self.models.len()), choices.below(self.models.len()));
                    let name = self.models[a].name;
                    self.models[a].name = self.models[b].name;
                    self.models[b].name = name;
                }
            }
        }
    }

    fn edit_model(&mut self, choices: &mut Choices) {
        if self.models.is_empty() {
            return self.add_model(choices);
        }
        let position = choices.below(self.models.len());
        let mut model = self.models[position].clone();
        match choices.below(16) {
            0 | 1 => self.add_field(&mut model, choices),
            2 => {
                let name = model.fields[choices.below(model.fields.len())].name;
                if !model.key.contains(&name) {
                    model.fields.retain(|f| f.name != name);
                    model.indexes.retain(|index| !covers(index, name) && !is_conditioned_on(index, name));
                }
            }
            3 | 4 => {
                let nth = choices.below(model.fields.len());
                let field = &mut model.fields[nth];
                let ty = match field.ty {
                    // Often one to which the values can go.
                    FieldType::Scalar(row) if choices.once_in(2) => FieldType::Scalar(wider(row, choices)),
                    _ => self.draw_type(choices),
                };
                if is_ordered(ty) || !model.key.contains(&field.name) {
                    field.ty = ty;
                    field.unique &= is_ordered(ty);
                    field.default = None;
                    let name = field.name;
                    model
                        .indexes
                        .retain(|index| !is_particular(index, name) && (is_ordered(ty) || !covers(index, name)));
                    model.indexes.retain(|index| !is_conditioned_on(index, name));
                }
            }
            5 => {
                let arity = choices.pick(&["?", "", "[]"]);
                let nth = choices.below(model.fields.len());
                let field = &mut model.fields[nth];
                if !model.key.contains(&field.name) {
                    if (field.arity == "[]") != (arity == "[]") {
                        field.default = None;
                        field.unique = false;
                        let name = field.name;
                        model.indexes.retain(|index| !is_particular(index, name) && !is_conditioned_on(index, name));
                    }
                    field.arity = arity;
                }
            }
            6 | 7 => {
                let nth = choices.below(model.fields.len());
                let (ty, arity) = (model.fields[nth].ty, model.fields[nth].arity);
                model.fields[nth].default = if choices.once_in(3) { None } else { self.default_of(ty, arity, choices) };
            }
            8 => {
                let nth = choices.below(model.fields.len());
                let field = &mut model.fields[nth];
                field.unique = !field.unique && field.arity != "[]" && is_ordered(field.ty);
            }
            9 => {
                let map = choices.once_in(2).then(|| choices.pick(&COLUMNS));
                let nth = choices.below(model.fields.len());
                model.fields[nth].map = map;
            }
            10 => edit_key(&mut model, choices),
            11 => self.add_index(&mut model, choices),
            12 | 13 if !model.indexes.is_empty() => {
                let nth = choices.below(model.indexes.len());
                let index = &mut model.indexes[nth];
                match choices.below(6) {
                    0 => index.map = choices.once_in(2).then(|| format!("ix_{}", choices.below(4))),
                    1 => index.unique = index.method.is_empty() && !index.unique,
                    2 => index.fields.reverse(),
                    3 if index.method.is_empty() => index.fields[0].1 = choices.pick(&["", "sort: Desc", "sort: Asc"]),
                    4 => {
                        let condition = condition(&self.models[position], choices);
                        index.condition = if index.condition.is_some() { None } else { condition };
                    }
                    _ => {
                        model.indexes.remove(nth);
                    }
                }
            }
            14 if model.indexes.len() > 1 => {
                // Two indexes exchange their names.
                let (a, b) = (choices.below(model.indexes.len()), choices.below(model.indexes.len()));
                model.indexes[a].map = Some("ix_0".to_owned());
                model.indexes[b].map = Some("ix_1".to_owned());
                if self.models[position].indexes[a].map.as_deref() == Some("ix_0") {
                    model.indexes[a].map = Some("ix_1".to_owned());
                    model.indexes[b].map = Some("ix_0".to_owned());
                }
            }
            _ => {
                let nth = choices.below(model.fields.len());
                let field = model.fields.remove(nth);
                model.fields.insert(choices.below(model.fields.len() + 1), field);
            }
        }
        self.models[position] = model;
    }

    fn edit_enum(&mut self, choices: &mut Choices) {
        if self.enums.is_empty() {
            return self.add_enum(choices);
        }
        let position = choices.below(self.enums.len());
        let old = self.enums[position].name;
        let item = &mut self.enums[position];
        match choices.below(8) {
            0 | 1 => {
                let value = choices.pick(&VALUES);
                if !item.values.contains(&value) {
                    let place = choices.below(item.values.len() + 1);
                    item.values.insert(item.values.len() - place, value);
                }
            }
            2 | 3 if item.values.len() > 1 => {
                let gone = item.values.remove(choices.below(item.values.len()));
                let (name, kept) = (item.name, item.values[0]);
                for field in self.models.iter_mut().flat_map(|m| &mut m.fields) {
                    if field.ty == FieldType::Enum(name)
                        && field.default.as_ref().is_some_and(|d| d.split([',', ' ', '[', ']']).any(|v| v == gone))
                    {
                        field.default = Some(if field.arity == "[]" { format!("[{kept}]") } else { kept.to_owned() });
                    }
                }
            }
            4 => item.values.reverse(),
            5 => item.map = if item.map.is_none() { Some("Mapped Enum") } else { None },
            6 => self.add_enum(choices),
            _ => {
                let new = choices.pick(&ENUMS);
                if self.enums.iter().all(|e| e.name != new) {
                    self.enums[position].name = new;
                    for field in self.models.iter_mut().flat_map(|m| &mut m.fields) {
                        if field.ty == FieldType::Enum(old) {
                            field.ty = FieldType::Enum(new);
                        }
                    }
                }
            }
        }
    }

    fn edit_relation(&mut self, choices: &mut Choices) {
        if self.relations.is_empty() || choices.once_in(4) {
            return self.add_relation(choices);
        }
        let position = choices.below(self.relations.len());
        let relation = &mut self.relations[position];
        match choices.below(9) {
            0 => {
                relation.optional = !relation.optional;
                if !relation.optional {
                    relation.on_delete = "";
                }
            }
            1 => relation.on_delete = choices.pick(&ACTIONS[..4]),
            2 => relation.on_update = choices.pick(&ACTIONS[..4]),
            3 => relation.map = choices.once_in(2).then(|| format!("fk_{}", choices.below(4))),
            4 => relation.by_unique = !relation.by_unique,
            5 => relation.indexed = !relation.indexed,
            6 => relation.kind = choices.pick(&[Kind::Many, Kind::One, Kind::ManyToMany]),
            7 => std::mem::swap(&mut relation.owner, &mut relation.target),
            _ => {
                self.relations.remove(position);
            }
        }
    }
}

fn covers(index: &Index, field: &str) -> bool {
    index.fields.iter().any(|(name, _)| *name == field)
}

/// Whether an index may take a field for its type only.
fn is_particular(index: &Index, field: &str) -> bool {
    covers(index, field)
        && (!index.method.is_empty() || index.fields.iter().any(|(_, argument)| argument.contains("ops")))
}

/// Whether the condition of a partial index is about a field, so that it may not fit another type.
fn is_conditioned_on(index: &Index, field: &str) -> bool {
    let starts = [placeholder(field), format!("{{ {field}:")];
    index.condition.as_ref().is_some_and(|condition| starts.iter().any(|start| condition.contains(start)))
}

/// A type that takes the values of another one: a neighbour in the table, or text.
fn wider(row: usize, choices: &mut Choices) -> usize {
    match choices.below(4) {
        0 => TEXT,
        1 => row.saturating_sub(1),
        _ => (row + 1).min(TYPES.len() - 1),
    }
}

fn edit_key(model: &mut Model, choices: &mut Choices) {
    let candidates: Vec<&'static str> =
        model.fields.iter().filter(|f| f.arity.is_empty() && is_ordered(f.ty)).map(|f| f.name).collect();
    match choices.below(5) {
        0 => model.key_map = choices.once_in(2).then_some("the key"),
        1 if !candidates.is_empty() => {
            let name = choices.pick(&candidates);
            if !model.key.contains(&name) {
                model.key.push(name);
            }
        }
        2 if model.key.len() > 1 => {
            model.key.remove(0);
        }
        3 if !candidates.is_empty() => model.key = vec![choices.pick(&candidates)],
        _ => {
            model.key.clear();
            if let Some(field) = model.fields.iter_mut().find(|f| f.arity.is_empty() && is_ordered(f.ty)) {
                field.unique = true;
            }
        }
    }
}
