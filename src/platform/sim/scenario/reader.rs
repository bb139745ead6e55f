//! Reads the tables of a scenario file field by field, and notes every mistake instead of stopping at the first.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use toml::de::{DeTable, DeValue};

use super::{
    mistake::Collector,
    units::{parse_duration, parse_size},
};

/// The largest number. What is worked out from several of them still fits.
const MOST: f64 = 1e9;

/// The longest time: a hundred years, so that the sum of several is still a moment of the world.
const LONGEST: Duration = Duration::from_hours(36_500 * 24);

/// A table whose fields are taken one by one; what nobody takes is a mistake.
pub(super) struct Fields<'t, 's> {
    table: &'t DeTable<'s>,
    at: Range<usize>,
    what: &'static str,
    known: BTreeSet<&'static str>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

impl<'t, 's> Fields<'t, 's> {
    pub(super) const fn new(table: &'t DeTable<'s>, at: Range<usize>, what: &'static str) -> Self {
        Self {
            table,
            at,
            what,
            known: BTreeSet::new(),
        }
    }

    pub(super) fn place(&self) -> Range<usize> {
        self.at.clone()
    }

    fn get(&mut self, key: &'static str) -> Option<(&'t DeValue<'s>, Range<usize>)> {
        self.known.insert(key);
        self.table
            .get(key)
            .map(|value| (value.get_ref(), value.span()))
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
        expected: &str,
        read: impl FnOnce(&DeValue<'s>) -> Option<T>,
    ) -> Option<At<T>> {
        let (value, at) = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            mistakes.add(&at, format!("`{key}` wants {expected}"));
        }
        read.map(|value| At { value, at })
    }

    pub(super) fn need<T>(
        &self,
        key: &str,
        value: Option<At<T>>,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<T>> {
        // A value of the wrong kind has been noted already.
        if value.is_none() && self.table.get(key).is_none() {
            mistakes.add(&self.at, format!("{} needs `{key}`", self.what));
        }
        value
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<String>> {
        self.typed(key, mistakes, "text in quotes", |v| {
            v.as_str().map(str::to_owned)
        })
    }

    pub(super) fn needed_text(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> At<String> {
        let value = self.text(key, mistakes);
        self.need(key, value, mistakes).unwrap_or(At {
            value: String::new(),
            at: self.at.clone(),
        })
    }

    /// A number that is not negative, and no larger than anything that is counted in a world.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<f64>> {
        self.typed(key, mistakes, "a number, 0 to 1000000000", |v| {
            let written = v
                .as_integer()
                .map(toml::de::DeInteger::as_str)
                .or_else(|| v.as_float().map(toml::de::DeFloat::as_str))?;
            let number: f64 = written.replace('_', "").parse().ok()?;
            (0.0..=MOST).contains(&number).then_some(number)
        })
    }

    pub(super) fn number_or(
        &mut self,
        key: &'static str,
        default: f64,
        mistakes: &mut Collector<'_>,
    ) -> f64 {
        self.number(key, mistakes).map_or(default, |n| n.value)
    }

    pub(super) fn whole(
        &mut self,
        key: &'static str,
        within: std::ops::RangeInclusive<u32>,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<u32>> {
        let expected = format!("a whole number from {} to {}", within.start(), within.end());
        self.typed(key, mistakes, &expected, |v| {
            let number = v.as_integer()?.as_str().replace('_', "").parse().ok()?;
            within.contains(&number).then_some(number)
        })
    }

    pub(super) fn flag(&mut self, key: &'static str, mistakes: &mut Collector<'_>) -> bool {
        self.typed(key, mistakes, "true or false", DeValue::as_bool)
            .is_some_and(|flag| flag.value)
    }

    pub(super) fn duration(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<Duration>> {
        let expected = "a time such as \"2m30s\", at most 36500d";
        self.typed(key, mistakes, expected, |v| {
            parse_duration(v.as_str()?).filter(|time| *time <= LONGEST)
        })
    }

    pub(super) fn size(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Option<At<u64>> {
        self.typed(key, mistakes, "a size such as \"512M\"", |v| {
            parse_size(v.as_str()?)
        })
    }

    pub(super) fn words(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Vec<At<String>> {
        self.typed(key, mistakes, "a list of texts", |v| {
            v.as_array()?
                .iter()
                .map(|item| {
                    Some(At {
                        value: item.get_ref().as_str()?.to_owned(),
                        at: item.span(),
                    })
                })
                .collect()
        })
        .map_or_else(Vec::new, |list: At<Vec<_>>| list.value)
    }

    /// One of a closed set of words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        mistakes: &mut Collector<'_>,
    ) -> Option<T> {
        let At { value, at } = self.text(key, mistakes)?;
        let found = choices.iter().find(|(word, _)| *word == value);
        if found.is_none() {
            let words = choices.iter().map(|(word, _)| *word);
            mistakes.add(
                &at,
                format!("`{key}` cannot be `{value}`{}", meant(&value, words)),
            );
        }
        found.map(|(_, choice)| *choice)
    }

    /// A single sub-table.
    pub(super) fn table(
        &mut self,
        key: &'static str,
        mistakes: &mut Collector<'_>,
    ) -> Option<Self> {
        let (value, at) = self.get(key)?;
        let table = value.as_table();
        if table.is_none() {
            mistakes.add(&at, format!("`{key}` wants a table"));
        }
        table.map(|table| Self::new(table, at, key))
    }

    /// A list of sub-tables.
    pub(super) fn tables(&mut self, key: &'static str, mistakes: &mut Collector<'_>) -> Vec<Self> {
        let Some((value, at)) = self.get(key) else {
            return Vec::new();
        };
        let Some(list) = value.as_array() else {
            mistakes.add(&at, format!("`{key}` wants a list of tables: [[{key}]]"));
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| {
                let table = item.get_ref().as_table();
                if table.is_none() {
                    mistakes.add(&item.span(), format!("each `{key}` is a table"));
                }
                Some(Self::new(table?, item.span(), key))
            })
            .collect()
    }

    /// Notes what was never asked for.
    pub(super) fn finish(self, mistakes: &mut Collector<'_>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !self.known.contains(name) {
                let hint = meant(name, self.known.iter().copied());
                mistakes.add(&key.span(), format!("{} has no `{name}`{hint}", self.what));
            }
        }
    }
}

/// `: did you mean …?`, or all the choices when they are few.
pub(super) fn meant<'w>(written: &str, words: impl Iterator<Item = &'w str> + Clone) -> String {
    let close = words
        .clone()
        .map(|word| (strsim::damerau_levenshtein(written, word), word))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    match close {
        Some((_, word)) => format!(": did you mean `{word}`?"),
        None => format!(": there is {}", words.collect::<Vec<_>>().join(", ")),
    }
}
