//! English plurals as Prisma forms them: by the end of a word in lower case letters, whatever the word means.

/// The plural of a word; the same if it is one already.
pub(super) fn plural(word: &str) -> String {
    if UNCOUNTABLE.binary_search(&word).is_ok() {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    for rule in RULES {
        if let Some(stem) = rule.stem(word) {
            return format!("{stem}{}", rule.plural);
        }
    }
    format!("{}s", word.strip_suffix('s').unwrap_or(word))
}

/// A stem that ends in one of `stems`, an ending out of `endings`, and what takes the place of that ending.
struct Rule {
    stems: &'static [Stem],
    endings: &'static [&'static str],
    plural: &'static str,
}

/// The end of a stem.
enum Stem {
    Text(&'static str),
    /// One character out of these, then the text.
    OneOf(&'static str, &'static str),
    /// One character that is none of these, then the text.
    NoneOf(&'static str, &'static str),
}

impl Rule {
    fn stem<'w>(&self, word: &'w str) -> Option<&'w str> {
        let stems = self.endings.iter().filter_map(|ending| word.strip_suffix(ending));
        stems.into_iter().find(|stem| self.stems.iter().any(|end| end.fits(stem)))
    }
}

impl Stem {
    fn fits(&self, stem: &str) -> bool {
        let char_before = |text| stem.strip_suffix(text).and_then(|rest: &str| rest.chars().next_back());
        match self {
            Self::Text(text) => stem.ends_with(text),
            Self::OneOf(chars, text) => char_before(*text).is_some_and(|char| chars.contains(char)),
            Self::NoneOf(chars, text) => char_before(*text).is_some_and(|char| !chars.contains(char)),
        }
    }
}

const fn rule(stems: &'static [Stem], endings: &'static [&'static str], plural: &'static str) -> Rule {
    Rule { stems, endings, plural }
}

use Stem::{NoneOf, OneOf, Text};

/// The first that fits a word makes its plural.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule(&[Text("eaux")], &[""], ""),
    rule(&[Text("child")], &["ren", ""], "ren"),
    rule(&[Text("pe")], &["rson", "ople"], "ople"),
    rule(&[Text("m"), Text("l")], &["ice", "ouse"], "ice"),
    rule(&[Text("matr"), Text("cod"), Text("mur"), Text("sil"), Text("vert"), Text("ind"), Text("append")], &["ix", "ex"], "ices"),
    rule(&[Text("x"), Text("ch"), Text("ss"), Text("sh"), Text("zz")], &[""], "es"),
    rule(&[OneOf("ieo", "l"), OneOf("ieo", "n")], &["ey"], "ies"),
    rule(&[NoneOf("aeiouy", ""), Text("qu")], &["y"], "ies"),
    rule(&[Text("kni"), Text("wi"), Text("li")], &["fe"], "ves"),
    rule(&[Text("ar"), Text("l"), Text("ea"), Text("eo"), Text("oa"), Text("hoo")], &["f"], "ves"),
    rule(&[Text("")], &["sis"], "ses"),
    rule(&[Text("apheli"), Text("hyperbat"), Text("periheli"), Text("asyndet"), Text("noumen"), Text("phenomen"),
           Text("criteri"), Text("organ"), Text("prolegomen"), Text("hedr"), Text("automat")], &["a", "on"], "a"),
    rule(&[Text("agend"), Text("addend"), Text("millenni"), Text("dat"), Text("extrem"), Text("bacteri"),
           Text("desiderat"), Text("strat"), Text("candelabr"), Text("errat"), Text("ov"), Text("symposi"),
           Text("curricul"), Text("quor")], &["a", "um"], "a"),
    rule(&[Text("her"), Text("at"), Text("gr")], &["o"], "oes"),
    rule(&[Text("seraph"), Text("cherub")], &["im", ""], "im"),
    rule(&[Text("alumn"), Text("alg"), Text("vertebr")], &["ae", "a"], "ae"),
    rule(&[Text("alumn"), Text("syllab"), Text("octop"), Text("vir"), Text("radi"), Text("nucle"), Text("fung"),
           Text("cact"), Text("stimul"), Text("termin"), Text("bacill"), Text("foc"), Text("uter"), Text("loc"),
           Text("strat")], &["us", "i"], "i"),
    rule(&[NoneOf("l", "ias"), OneOf("aeiou", "las"), OneOf("emjzr", "as"), Text("iam"), Text("uam")], &[""], ""),
    rule(&[Text("em"), Text("en")], &["us", "u"], "us"),
    rule(&[Text("alias"), NoneOf("aou", "us"), Text("tlas"), Text("gas"), Text("ris")], &[""], "es"),
    rule(&[Text("ax"), Text("test")], &["is"], "es"),
    rule(&[NoneOf("aeiou", "ese")], &[""], ""),
];

const IRREGULAR: &[(&str, &str)] = &[
    ("die", "dice"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("man", "men"),
    ("ox", "oxen"),
    ("quiz", "quizzes"),
    ("tooth", "teeth"),
    ("woman", "women"),
    ("yes", "yeses"),
];

/// Words that have no plural; sorted.
#[rustfmt::skip]
const UNCOUNTABLE: &[&str] = &[
    "accommodation", "adulthood", "advertising", "advice", "aggression", "aid", "air", "aircraft", "alcohol",
    "anger", "applause", "arithmetic", "assistance", "bacon", "baggage", "beef", "biology", "blood", "botany",
    "bread", "butter", "carbon", "cardboard", "cash", "chalk", "chess", "countryside", "dancing", "deer", "dignity",
    "dirt", "dust", "education", "electricity", "engineering", "enjoyment", "envy", "equipment", "evidence",
    "evolution", "fame", "fiction", "flour", "flu", "food", "fuel", "fun", "furniture", "garbage", "garlic", "gold",
    "golf", "gossip", "grammar", "gratitude", "grief", "guilt", "happiness", "hardware", "harm", "hate", "hatred",
    "health", "heat", "help", "homework", "honesty", "honey", "hospitality", "housework", "humour", "hunger",
    "hydrogen", "ice", "importance", "inflation", "information", "innocence", "iron", "irony", "jam", "jewelry",
    "judo", "karate", "knowledge", "lack", "laughter", "lava", "leather", "leisure", "lightning", "linguine",
    "linguini", "literature", "litter", "livestock", "logic", "loneliness", "luck", "luggage", "macaroni",
    "machinery", "magic", "management", "mankind", "marble", "mayonnaise", "methane", "milk", "money", "mud",
    "music", "nature", "nitrogen", "nonsense", "nurture", "nutrition", "obedience", "obesity", "oxygen", "pasta",
    "patience", "poetry", "pollution", "poverty", "pride", "psychology", "publicity", "punctuation", "quartz",
    "racism", "relaxation", "reliability", "research", "respect", "revenge", "rice", "rubbish", "rum", "safety",
    "scenery", "seafood", "seaside", "shame", "sheep", "shopping", "sleep", "smoke", "smoking", "snow", "soap",
    "software", "soil", "spaghetti", "steam", "stuff", "stupidity", "sunshine", "symmetry", "thirst", "thunder",
    "timber", "traffic", "transportation", "trust", "underwear", "unemployment", "unity", "validity", "veal",
    "vegetarianism", "vegetation", "vengeance", "violence", "vitality", "warmth", "wealth", "weather", "welfare",
    "wheat", "wildlife", "wisdom", "yoga", "zinc", "zoology",
];

#[cfg(test)]
mod tests {
    use super::{UNCOUNTABLE, plural};

    /// Recorded from Prisma 7.10.1.
    const CASES: &str = "
        user users, box boxes, category categories, day days, leaf leaves, roof roofs, hoof hooves, hero heroes,
        photo photos, zero zeros, status statuses, quiz quizzes, person people, people people, child children,
        children children, man men, men mens, human humans, mouse mice, blouse blice, ox oxen, tooth teeth,
        index indices, matrix matrices, suffix suffixes, axis axes, analysis analyses, datum data, data data,
        media medias, medium mediums, criterion criteria, organ organs, cactus cacti, virus viri, radius radii,
        bonus bonuses, genus genus, various various, gas gases, omegas omegases, canvas canvas, bias bias, alias aliases, menu menus,
        sheep sheep, series series, equipment equipment, moose mooses, journey journeys, baloney balonies,
        soliloquy soliloquies, class classes, buzz buzzes, topaz topazs, life lives, giraffe giraffes, japanese japanese,
        cheese cheeses, alga algae, cherub cherubim, yes yeses, userPerson userPersons, userIndex userIndexes,
        userStatus userStatuses, userQuiz userQuizs, userEquipment userEquipments, users users, chateaux chateaux,
        chateau chateaus, café cafés, Äpfel Äpfels
    ";

    #[test]
    fn plurals_are_those_of_prisma() {
        for case in CASES.split(',') {
            let (singular, expected) = case.trim().split_once(' ').unwrap();
            assert_eq!(plural(singular), expected, "{singular}");
        }
    }

    #[test]
    fn uncountable_words_are_sorted() {
        assert!(UNCOUNTABLE.is_sorted());
    }
}
