//! What a sensor must look like on its own.

use std::collections::HashSet;

use model::{CalibrationPoint, Discrete, Metering, Sensor, SensorKind, Virtual, VirtualRule};

use crate::check;
use crate::error::{Field, Invalid, Problem, SensorError};
use crate::options::FleetOptions;

/// The longest name of a sensor, in characters.
pub const SENSOR_NAME_CHARS_MAX: usize = 100;
/// How many values of a virtual sensor may have a text.
pub const VALUE_TITLES_MAX: usize = 100;
/// The longest name of an input, value or title, and the longest unit, in characters.
const TEXT_CHARS_MAX: usize = 64;
/// The digital inputs that can be watched.
const INPUTS: std::ops::RangeInclusive<u8> = 1..=8;
/// The bits of the largest whole number that an attribute can have.
const BITS: std::ops::RangeInclusive<u8> = 1..=64;

/// Everything that is wrong with a sensor.
pub(super) fn sensor(sensor: &Sensor, options: &FleetOptions) -> Result<(), SensorError> {
    let mut faults = Faults::default();
    faults.note(Field::Name, check::line(&sensor.name, SENSOR_NAME_CHARS_MAX));
    match &sensor.kind {
        SensorKind::Metering(metering) => faults.metering(metering, options),
        SensorKind::Discrete(Discrete { input_number, .. }) => {
            faults.range(Field::InputNumber, INPUTS.contains(input_number), INPUTS);
        }
        SensorKind::Virtual(virtual_sensor) => faults.virtual_sensor(virtual_sensor),
    }
    faults.result()
}

/// Sorts a calibration table and says what is wrong with it.
pub(super) fn calibration(points: &mut [CalibrationPoint], points_max: usize) -> Result<(), SensorError> {
    points.sort_by(|a, b| a.raw.total_cmp(&b.raw));
    let is_finite = |point: &CalibrationPoint| point.raw.is_finite() && point.real.is_finite();
    let problem = if points.len() == 1 {
        Problem::TooFew { count_min: 2 }
    } else if points.len() > points_max {
        Problem::TooMany { count_max: points_max }
    } else if !points.iter().all(is_finite) {
        Problem::Form
    } else if points.windows(2).any(|pair| pair[0].raw == pair[1].raw) {
        Problem::Repeated
    } else {
        return Ok(());
    };
    Err(Invalid { field: Field::Calibration, problem }.into())
}

#[derive(Default)]
struct Faults(Vec<Invalid>);

impl Faults {
    fn note(&mut self, field: Field, checked: Result<(), Problem>) {
        self.0.extend(checked.err().map(|problem| Invalid { field, problem }));
    }

    fn must(&mut self, field: Field, holds: bool, problem: Problem) {
        self.note(field, if holds { Ok(()) } else { Err(problem) });
    }

    fn range(&mut self, field: Field, holds: bool, range: std::ops::RangeInclusive<u8>) {
        self.must(field, holds, Problem::OutOfRange { min: (*range.start()).into(), max: (*range.end()).into() });
    }

    fn result(self) -> Result<(), SensorError> {
        if self.0.is_empty() { Ok(()) } else { Err(SensorError::Invalid(self.0)) }
    }

    fn metering(&mut self, metering: &Metering, options: &FleetOptions) {
        self.note(Field::InputName, check::line(&metering.input_name, TEXT_CHARS_MAX));
        self.must(Field::Divider, metering.divider.is_finite() && metering.divider != 0.0, Problem::Form);
        let is_percent = (0.0..=100.0).contains(&metering.accuracy);
        self.must(Field::Accuracy, is_percent, Problem::OutOfRange { min: 0, max: 100 });
        self.must(Field::Accuracy, !is_percent || (metering.accuracy * 4.0).fract() == 0.0, Problem::Form);
        self.note(Field::Units, check::short(&metering.units, TEXT_CHARS_MAX));
        self.note(Field::UnitsType, check::line(&metering.units_type, TEXT_CHARS_MAX));
        let parents = &metering.rules.parent_ids;
        let count_max = options.composite_parents_max;
        self.must(Field::ParentIds, parents.len() <= count_max, Problem::TooMany { count_max });
        self.must(Field::ParentIds, are_different(parents.iter()), Problem::Repeated);
    }

    fn virtual_sensor(&mut self, sensor: &Virtual) {
        self.note(Field::InputName, check::line(&sensor.input_name, TEXT_CHARS_MAX));
        match sensor.rule {
            VirtualRule::InRange { from, to } => {
                let is_finite = [from, to].into_iter().flatten().all(f64::is_finite);
                self.must(Field::CalcMethod, is_finite && (from.is_some() || to.is_some()), Problem::Form);
            }
            VirtualRule::BitIndex(bit) => self.range(Field::BitIndex, BITS.contains(&bit), BITS),
            VirtualRule::Identity => {}
        }
        let titles = &sensor.titles;
        let count_max = VALUE_TITLES_MAX;
        self.must(Field::ValueTitles, titles.len() <= count_max, Problem::TooMany { count_max });
        self.must(Field::ValueTitles, are_different(titles.iter().map(|t| &t.value)), Problem::Repeated);
        let mut texts = titles.iter().flat_map(|title| [&title.value, &title.title]);
        let unfit = texts.find_map(|text| check::short(text, TEXT_CHARS_MAX).err());
        self.note(Field::ValueTitles, unfit.map_or(Ok(()), Err));
    }
}

fn are_different<T: std::hash::Hash + Eq>(mut items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.all(|item| seen.insert(item))
}
