//! What a new row holds.

use super::model::{Column, Side};
use super::types::{InputField, TypeRef};
use super::{Body, Builder, capitalised};
use crate::psl::schema::ModelId;

/// Whether keys of related rows are given by relation fields (checked) or as they are (unchecked).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Checked,
    Unchecked,
}

impl Style {
    pub(super) const fn infix(self) -> &'static str {
        match self {
            Self::Checked => "",
            Self::Unchecked => "Unchecked",
        }
    }
}

/// The relation field through which one came, whose other side is known already.
pub(super) type Through<'a> = Option<Side<'a>>;

impl<'a> Builder<'a> {
    /// Both styles of a new row. `through` is the field of this model that leads back.
    pub(super) fn create_inputs(&mut self, id: ModelId, through: Through<'a>) -> [TypeRef; 2] {
        [Style::Checked, Style::Unchecked].map(|style| self.create_input(id, style, through))
    }

    fn create_input(&mut self, id: ModelId, style: Style, through: Through<'a>) -> TypeRef {
        let name = self.name(id);
        let type_name = format!("{name}{}Create{}Input", style.infix(), without(through));
        self.input(type_name, move |builder| {
            let mut fields: Vec<InputField> = builder
                .written_columns(id, style, through)
                .into_iter()
                .map(|column| builder.create_column(id, column))
                .collect();
            for side in builder.written_sides(id, style, through) {
                fields.push(builder.create_related(side, style));
            }
            Body::grouped(name, fields)
        })
    }

    /// A row among many: columns alone.
    pub(super) fn create_many_input(&mut self, id: ModelId, through: Through<'a>) -> TypeRef {
        let name = self.name(id);
        let infix = through.map(|side| capitalised(side.name)).unwrap_or_default();
        self.input(format!("{name}CreateMany{infix}Input"), move |builder| {
            let fields = builder
                .written_columns(id, Style::Unchecked, through)
                .into_iter()
                .map(|column| builder.create_column(id, column))
                .collect();
            Body::grouped(name, fields)
        })
    }

    /// Whether some field of a new row must be given.
    pub(super) fn creating_demands_something(&self, id: ModelId) -> bool {
        let columns = self.written_columns(id, Style::Checked, None);
        let sides = self.written_sides(id, Style::Checked, None);
        let unchecked = self.written_columns(id, Style::Unchecked, None);
        columns.iter().chain(&unchecked).any(|column| column.is_demanded) || sides.iter().any(|side| side.is_required)
    }

    /// The columns that a style writes.
    pub(super) fn written_columns(&self, id: ModelId, style: Style, through: Through<'a>) -> Vec<Column<'a>> {
        let known = through.map(|side| self.key_columns(id, side)).unwrap_or_default();
        self.model(id)
            .columns
            .iter()
            .filter(|column| match style {
                Style::Checked => !column.is_foreign_key && !column.counts_by_itself,
                Style::Unchecked => !known.contains(&column.id),
            })
            .copied()
            .collect()
    }

    fn key_columns(&self, id: ModelId, side: Side<'a>) -> Vec<crate::psl::schema::FieldId> {
        match &self.schema.model(id).field(side.id).kind {
            crate::psl::schema::FieldKind::Relation(relation) => relation.fields.clone(),
            crate::psl::schema::FieldKind::Scalar(_) => Vec::new(),
        }
    }

    /// The relations that a style writes.
    pub(super) fn written_sides(&self, id: ModelId, style: Style, through: Through<'a>) -> Vec<Side<'a>> {
        let from = through.map(|side| side.id);
        let written = |side: &&Side<'a>| Some(side.id) != from && (style == Style::Checked || !side.holds_key);
        self.model(id).relations.iter().filter(written).copied().collect()
    }

    fn create_column(&mut self, id: ModelId, column: Column<'a>) -> InputField {
        let value = self.value(column.kind);
        if column.is_list {
            let owner = self.name(id);
            let list = value.list();
            let set = self.input(format!("{owner}Create{}Input", column.name), {
                let list = list.clone();
                move |builder| {
                    Body::grouped(owner, vec![builder.field("set", vec![list]).required().parameterizable()])
                        .exactly_one()
                }
            });
            return self.field(column.name, vec![set, list]);
        }
        let field = if column.kind.is_json() {
            let null = self.json_null(column.is_nullable);
            self.field(column.name, vec![null, value])
        } else {
            self.field(column.name, vec![value]).nullable_if(column.is_nullable)
        };
        field.required_if(!column.may_be_left_out).parameterizable()
    }

    /// Which null is meant in a JSON column.
    pub(super) fn json_null(&mut self, nullable: bool) -> TypeRef {
        if nullable {
            self.fixed_enum("NullableJsonNullValueInput", &["DbNull", "JsonNull"])
        } else {
            self.fixed_enum("JsonNullValueInput", &["JsonNull"])
        }
    }
}

/// `WithoutField`, if one came through a field.
pub(super) fn without(through: Through<'_>) -> String {
    through.map(|side| format!("Without{}", capitalised(side.name))).unwrap_or_default()
}
