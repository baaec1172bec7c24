//! What a session may do.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A right that a master user gives to a sub-user by way of a security group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Right {
    /// Held by master users only: it cannot be given.
    Admin,
    TrackerUpdate,
    TrackerConfigure,
    TrackerSetOutput,
    TrackerRegister,
    TrackerRuleUpdate,
    TagUpdate,
    TaskUpdate,
    FormTemplateUpdate,
    ZoneUpdate,
    PlaceUpdate,
    PlacesCustomFieldsUpdate,
    EmployeeUpdate,
    VehicleUpdate,
    VideoMonitoring,
    PaymentCreate,
    Reports,
    WeblocatorSessionCreate,
    DeliverySessionCreate,
    CheckinUpdate,
}

impl Right {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 20] = [
        Self::Admin,
        Self::TrackerUpdate,
        Self::TrackerConfigure,
        Self::TrackerSetOutput,
        Self::TrackerRegister,
        Self::TrackerRuleUpdate,
        Self::TagUpdate,
        Self::TaskUpdate,
        Self::FormTemplateUpdate,
        Self::ZoneUpdate,
        Self::PlaceUpdate,
        Self::PlacesCustomFieldsUpdate,
        Self::EmployeeUpdate,
        Self::VehicleUpdate,
        Self::VideoMonitoring,
        Self::PaymentCreate,
        Self::Reports,
        Self::WeblocatorSessionCreate,
        Self::DeliverySessionCreate,
        Self::CheckinUpdate,
    ];

    /// Its name in the Navixy API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::TrackerUpdate => "tracker_update",
            Self::TrackerConfigure => "tracker_configure",
            Self::TrackerSetOutput => "tracker_set_output",
            Self::TrackerRegister => "tracker_register",
            Self::TrackerRuleUpdate => "tracker_rule_update",
            Self::TagUpdate => "tag_update",
            Self::TaskUpdate => "task_update",
            Self::FormTemplateUpdate => "form_template_update",
            Self::ZoneUpdate => "zone_update",
            Self::PlaceUpdate => "place_update",
            Self::PlacesCustomFieldsUpdate => "places_custom_fields_update",
            Self::EmployeeUpdate => "employee_update",
            Self::VehicleUpdate => "vehicle_update",
            Self::VideoMonitoring => "video_monitoring",
            Self::PaymentCreate => "payment_create",
            Self::Reports => "reports",
            Self::WeblocatorSessionCreate => "weblocator_session_create",
            Self::DeliverySessionCreate => "delivery_session_create",
            Self::CheckinUpdate => "checkin_update",
        }
    }

    /// The right of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights(u32);

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// Every right: what master users have.
    pub const ALL: Self = Self(u32::MAX);

    /// Whether a right is among them.
    pub const fn has(self, right: Right) -> bool {
        self.0 >> right as u32 & 1 == 1
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | 1 << right as u32)
    }

    /// These but for one.
    #[must_use]
    pub const fn without(self, right: Right) -> Self {
        Self(self.0 & !(1 << right as u32))
    }

    /// The rights in it, in the order in which they are listed.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, Self::with)
    }
}

/// A list of names.
impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Right::name))
    }
}

/// Names that a newer server gave are passed over: what is not known here cannot be done here.
impl<'de> Deserialize<'de> for Rights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| Right::from_name(name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_stored_by_name() {
        let rights = Rights::NONE.with(Right::Reports).with(Right::TagUpdate);
        let text = serde_json::to_string(&rights).expect("text");
        assert_eq!(text, r#"["tag_update","reports"]"#);
        assert_eq!(serde_json::from_str::<Rights>(&text).ok(), Some(rights));
        let newer = r#"["tag_update","fly","reports"]"#;
        assert_eq!(serde_json::from_str::<Rights>(newer).ok(), Some(rights));
    }

    #[test]
    fn rights_are_told_apart() {
        for right in Right::ALL {
            assert_eq!(Right::from_name(right.name()), Some(right));
            let set = Rights::NONE.with(right);
            assert_eq!(set.iter().collect::<Vec<_>>(), [right]);
            assert!(Rights::ALL.has(right));
        }
        assert_eq!(Right::from_name("everything"), None);
        assert!(!Rights::ALL.without(Right::TagUpdate).has(Right::TagUpdate));
        assert_eq!(Rights::ALL.iter().collect::<Rights>(), Right::ALL.into_iter().collect());
    }
}
