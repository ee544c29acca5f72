//! The names by which the rest of the house refers to the county's facts.

/// Declares a newtype over a code that is written as a plain string everywhere.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the code as it is written; whether the county has it, its tables say.
            pub fn new(code: impl Into<String>) -> Self {
                Self(code.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                Self(code.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(code: String) -> Self {
                Self(code)
            }
        }
    };
}

code! {
    /// A field of the taxonomy: `wages`, `housing` ...
    TopicCode
}
code! {
    /// An office of the county: `rsj`, `zjj`, `shipu` ...
    DepartmentCode
}
code! {
    /// A town or subdistrict by its full name: `石浦镇`.
    Town
}
code! {
    /// A row of the deadline table: `hotline.handle`.
    RuleId
}
