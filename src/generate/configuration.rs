//! Generator and datasource blocks as generators get them (spec/psl.md section 10.1).

use serde_json::{Map, Value, json};

use crate::psl::schema::{ConfigValue, Datasource, Generator, PslSchema, StringOrEnv};

/// A text of the schema and the variable that it comes from, if it comes from one.
///
/// `value` stays empty for a variable: whoever uses it looks it up.
fn text_or_variable(text: &StringOrEnv) -> Value {
    match text {
        StringOrEnv::Text(text, _) => json!({ "fromEnvVar": null, "value": text }),
        StringOrEnv::Env(name, _) => json!({ "fromEnvVar": name, "value": null }),
    }
}

/// A generator block; `path` is the file that it stands in.
pub fn generator(generator: &Generator, path: &str) -> Value {
    let config: Map<String, Value> = generator.config.iter().map(|(key, value)| (key.clone(), custom(value))).collect();
    json!({
        "name": generator.name,
        "provider": text_or_variable(&generator.provider),
        "output": generator.output.as_ref().map(text_or_variable),
        "config": config,
        "binaryTargets": generator.binary_targets.iter().map(text_or_variable).collect::<Vec<_>>(),
        "previewFeatures": generator.preview_features,
        "sourceFilePath": path,
    })
}

/// The value of a property that only the generator understands. Of a variable Prisma gives the name.
fn custom(value: &ConfigValue) -> Value {
    match value {
        ConfigValue::Text(text) | ConfigValue::Env(text) => json!(text),
        ConfigValue::List(values) => values.iter().map(custom).collect(),
    }
}

/// The datasource block; `path` is the file that it stands in.
pub fn datasource(schema: &PslSchema, datasource: &Datasource, path: &str) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(datasource.name));
    entry.insert("provider".to_owned(), json!(datasource.provider));
    entry.insert("activeProvider".to_owned(), json!("postgresql"));
    if schema.rules == crate::psl::schema::Rules::Prisma6 {
        for (key, url) in [("url", &datasource.url), ("directUrl", &datasource.direct_url)] {
            if let Some(url) = url {
                entry.insert(key.to_owned(), text_or_variable(url));
            }
        }
    }
    entry.insert("schemas".to_owned(), json!(datasource.namespaces));
    entry.insert("sourceFilePath".to_owned(), json!(path));
    Value::Object(entry)
}
