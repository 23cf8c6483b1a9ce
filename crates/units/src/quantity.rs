use core::ops::{Add, Div, Mul, Sub};

use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $new:ident, $get:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Returns the quantity of this size, in its base unit.
            #[must_use]
            pub const fn $new(value: f64) -> Self {
                Self(value)
            }

            /// Returns the size in the base unit.
            #[must_use]
            pub const fn $get(self) -> f64 {
                self.0
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl Div<f64> for $name {
            type Output = Self;
            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }

        impl Div for $name {
            type Output = f64;
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }
    };
}

quantity!(
    /// Events per second: requests, queries, messages.
    Rate, per_second, as_per_second
);
quantity!(
    /// An amount of data in bytes.
    Bytes, new, as_f64
);
quantity!(
    /// A share, 0 to 1.
    Ratio, new, as_f64
);
quantity!(
    /// Offered or carried load: the mean number of busy servers (`λ · E[S]`).
    Erlangs, new, as_f64
);
quantity!(
    /// Offered load per server; above 1 the queue grows without bound.
    Utilization, new, as_f64
);
quantity!(
    /// Money in US dollars.
    Usd, new, as_f64
);

impl Rate {
    /// Returns the load that this rate offers to servers that hold each request for
    /// `service_time_seconds` (Little's law).
    #[must_use]
    pub fn offered_load(self, service_time_seconds: f64) -> Erlangs {
        Erlangs(self.0 * service_time_seconds)
    }
}
