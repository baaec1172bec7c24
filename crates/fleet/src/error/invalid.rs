//! What can be wrong with the fields that a caller hands in.

/// A field of what a caller hands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Login,
    Password,
    TimeZone,
    Locale,
    LegalType,
    FirstName,
    MiddleName,
    LastName,
    Phone,
    PostCountry,
    PostRegion,
    PostCity,
    PostStreetAddress,
    PostIndex,
    RegisteredCountry,
    RegisteredRegion,
    RegisteredCity,
    RegisteredStreetAddress,
    RegisteredIndex,
    Tin,
    LegalName,
    Iec,
    StateRegNum,
    Comment,
    Label,
    Title,
    Color,
    Name,
    InputName,
    InputNumber,
    Divider,
    Accuracy,
    Units,
    UnitsType,
    ParentIds,
    CalcMethod,
    BitIndex,
    ValueTitles,
    Calibration,
    TagBindings,
    OutputNumber,
    MinIdle,
    IdleSpeed,
    NetworkRadius,
    OfflineTimeout,
    Command,
    Key,
    Value,
    BalanceAlertEmails,
    Plate,
    Brand,
    VehicleModel,
    Card,
    Text,
    Number,
    Fields,
    Choices,
}

impl Field {
    /// Its name in snake case, as the field of a user or tracker is called on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Password => "password",
            Self::TimeZone => "time_zone",
            Self::Locale => "locale",
            Self::LegalType => "legal_type",
            Self::FirstName => "first_name",
            Self::MiddleName => "middle_name",
            Self::LastName => "last_name",
            Self::Phone => "phone",
            Self::PostCountry => "post_country",
            Self::PostRegion => "post_region",
            Self::PostCity => "post_city",
            Self::PostStreetAddress => "post_street_address",
            Self::PostIndex => "post_index",
            Self::RegisteredCountry => "registered_country",
            Self::RegisteredRegion => "registered_region",
            Self::RegisteredCity => "registered_city",
            Self::RegisteredStreetAddress => "registered_street_address",
            Self::RegisteredIndex => "registered_index",
            Self::Tin => "tin",
            Self::LegalName => "legal_name",
            Self::Iec => "iec",
            Self::StateRegNum => "state_reg_num",
            Self::Comment => "comment",
            Self::Label => "label",
            Self::Title => "title",
            Self::Color => "color",
            Self::Name => "name",
            Self::InputName => "input_name",
            Self::InputNumber => "input_number",
            Self::Divider => "divider",
            Self::Accuracy => "accuracy",
            Self::Units => "units",
            Self::UnitsType => "units_type",
            Self::ParentIds => "parent_ids",
            Self::CalcMethod => "calc_method",
            Self::BitIndex => "bit_index",
            Self::ValueTitles => "value_titles",
            Self::Calibration => "data",
            Self::TagBindings => "tag_bindings",
            Self::OutputNumber => "number",
            Self::MinIdle => "min_idle_duration_minutes",
            Self::IdleSpeed => "idle_speed_threshold",
            Self::NetworkRadius => "max_radius",
            Self::OfflineTimeout => "offline_timeout_minutes",
            Self::Command => "command",
            Self::Key => "key",
            Self::Value => "value",
            Self::BalanceAlertEmails => "balance_alert_settings.emails",
            Self::Plate => "plate",
            Self::Brand => "brand",
            Self::VehicleModel => "model",
            Self::Card => "card",
            Self::Text => "text",
            Self::Number => "number",
            Self::Fields => "fields",
            Self::Choices => "choices",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It is empty or only blanks.
    Blank,
    /// Fewer characters than it must have.
    TooShort {
        /// The fewest.
        chars_min: usize,
    },
    /// More characters than it may have.
    TooLong {
        /// The most.
        chars_max: usize,
    },
    /// A character that may not be in it.
    Character,
    /// Not of the form it must have (an e-mail address, digits, a locale).
    Form,
    /// Not the name of anything known (a time zone).
    Unknown,
    /// It may not change.
    Fixed,
    /// A password without an upper-case letter, a lower-case letter, a digit or one of `!@#$%^&*`.
    Simple,
    /// A password that the user had not long ago.
    Reused,
    /// A number outside its range.
    OutOfRange {
        /// The least.
        min: i32,
        /// The greatest.
        max: i32,
    },
    /// Fewer elements than there must be.
    TooFew {
        /// The fewest.
        count_min: usize,
    },
    /// More elements than there may be.
    TooMany {
        /// The most.
        count_max: usize,
    },
    /// Two elements are the same where they must differ.
    Repeated,
    /// It refers to something that is not there, or is of another kind.
    Dangling,
}

/// A field with something wrong about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// Which.
    pub field: Field,
    /// What.
    pub problem: Problem,
}
