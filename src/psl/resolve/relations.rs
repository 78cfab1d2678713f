//! Pairing relation fields, and what kind of relation each pair is.

use rustc_hash::FxHashMap;

use super::tree::{FieldKind, FieldRef, Model, Relation, RelationField};
use crate::psl::ast::FieldArity;
use crate::psl::schema::{FieldId, ModelId, RelationId, RelationKind};

/// Where relation fields are found by: their model, the model they lead to, and their explicit name.
type Index<'a> = FxHashMap<(ModelId, ModelId, Option<&'a str>), Vec<FieldId>>;

/// Pairs the relation fields of all models, which are at `places`. Each gets the relation it belongs to.
pub(super) fn infer(places: &[FieldRef], models: &mut [Model<'_>]) -> Vec<Relation> {
    let (relations, members) = pair(places, models);
    for ((model, field), relation) in members {
        if let FieldKind::Relation(side) = &mut models[model.0 as usize].fields[field.0 as usize].kind {
            side.relation = Some(relation);
        }
    }
    relations
}

fn pair(places: &[FieldRef], models: &[Model<'_>]) -> (Vec<Relation>, Vec<(FieldRef, RelationId)>) {
    let sides: Vec<_> = places.iter().filter_map(|place| side(*place, models)).collect();
    let index = index(&sides);
    let mut relations = Vec::new();
    let mut members = Vec::new();
    for this in &sides {
        let opposite = opposite(this, &index, models);
        let Some(relation) = relation(this, opposite.as_ref(), models) else { continue };
        let relation_id = RelationId(u32::try_from(relations.len()).unwrap_or(u32::MAX));
        members.extend(relation.forward.iter().chain(&relation.back).map(|place| (*place, relation_id)));
        relations.push(relation);
    }
    (relations, members)
}

fn index<'a>(sides: &[Side<'_, 'a>]) -> Index<'a> {
    let mut index = Index::default();
    for Side { place: (model, field), relation, .. } in sides {
        index.entry((*model, relation.target, relation.name)).or_default().push(*field);
    }
    index
}

/// A relation field with its place.
struct Side<'m, 'a> {
    place: FieldRef,
    arity: FieldArity,
    relation: &'m RelationField<'a>,
}

/// The first field of the target that leads back under the same name.
fn opposite<'m, 'a>(this: &Side<'_, 'a>, index: &Index<'a>, models: &'m [Model<'a>]) -> Option<Side<'m, 'a>> {
    let (model, field) = this.place;
    let target = this.relation.target;
    let candidates = index.get(&(target, model, this.relation.name))?;
    let found = *candidates.iter().find(|candidate| (target, **candidate) != (model, field))?;
    side((target, found), models)
}

fn side<'m, 'a>((model, field): FieldRef, models: &'m [Model<'a>]) -> Option<Side<'m, 'a>> {
    let written = models[model.0 as usize].field(field);
    match &written.kind {
        FieldKind::Relation(relation) => Some(Side { place: (model, field), arity: written.arity, relation }),
        FieldKind::Scalar(_) | FieldKind::Unknown => None,
    }
}

/// The relation that `this` makes known; `None` if its opposite does.
fn relation(this: &Side<'_, '_>, opposite: Option<&Side<'_, '_>>, models: &[Model<'_>]) -> Option<Relation> {
    use FieldArity::{List, Optional, Required};
    let relation = |kind, forward: Option<FieldRef>, back: Option<FieldRef>| {
        let target = this.relation.target;
        let forward_model = forward.map_or(target, |(model, _)| model);
        let back_model = back.map_or(target, |(model, _)| model);
        Some(Relation { kind, forward_model, back_model, forward, back, embedded: false })
    };
    let here = Some(this.place);
    let Some(opposite) = opposite else {
        return match this.arity {
            List => relation(RelationKind::OneToMany, None, here),
            Required | Optional => relation(lonely_kind(this, models), here, None),
        };
    };
    let there = Some(opposite.place);
    let is_smaller = || key(this.place, models) < key(opposite.place, models);
    match (this.arity, opposite.arity) {
        (List, List) if !is_smaller() => None,
        (List, List) => {
            let embedded = this.relation.fields.is_some() || opposite.relation.fields.is_some();
            relation(RelationKind::ManyToMany, here, there).map(|relation| Relation { embedded, ..relation })
        }
        (List, Required | Optional) | (Optional, Required) => None,
        (Required | Optional, List) => relation(RelationKind::OneToMany, here, there),
        (Required, Optional) => relation(RelationKind::OneToOne, here, there),
        (Required, Required) => is_smaller().then(|| relation(RelationKind::OneToOne, here, there))?,
        (Optional, Optional) => match (&this.relation.fields, &opposite.relation.fields) {
            (None, Some(_)) => None,
            (None, None) if !is_smaller() => None,
            // With `fields` on both sides, each side makes one known.
            (Some(_), _) | (None, None) => relation(RelationKind::OneToOne, here, there),
        },
    }
}

/// A field without opposite is one side of a one-to-one relation if its columns are unique.
fn lonely_kind(this: &Side<'_, '_>, models: &[Model<'_>]) -> RelationKind {
    let Some(fields) = &this.relation.fields else { return RelationKind::OneToMany };
    let model = &models[this.place.0.0 as usize];
    let unique = model.indexes.iter().filter(|index| index.is_unique()).any(|index| {
        index.fields.len() == fields.len() && index.fields.iter().zip(fields).all(|(column, id)| column.field == *id)
    });
    if unique { RelationKind::OneToOne } else { RelationKind::OneToMany }
}

/// Names in byte order decide which side of a symmetric relation comes first.
fn key<'a>((model, field): FieldRef, models: &[Model<'a>]) -> (&'a str, &'a str) {
    let model = &models[model.0 as usize];
    (model.name(), model.field(field).name())
}
