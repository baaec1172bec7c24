//! What goes wrong on the road: the power is cut, a tunnel hides the sky, the network is gone.

use crate::rng::Rng;

const SECONDS_BETWEEN_CUTS: f64 = 900.0;
const CUT_S: (f64, f64) = (60.0, 300.0);
const SECONDS_BETWEEN_TUNNELS: f64 = 600.0;
/// Tunnels are driven through, so their time is never shortened.
const TUNNEL_S: (f64, f64) = (15.0, 50.0);
const SECONDS_BETWEEN_OUTAGES: f64 = 2_500.0;
const OUTAGE_S: (f64, f64) = (90.0, 400.0);

const BATTERY_FULL_MV: f64 = 4_100.0;
const BATTERY_EMPTY_MV: f64 = 3_400.0;
const DRAIN_MV_S: f64 = 0.8;
const CHARGE_MV_S: f64 = 1.6;

#[derive(Clone, Debug)]
pub(super) struct Mishaps {
    cut_left_s: f64,
    tunnel_left_s: f64,
    outage_left_s: f64,
    battery_mv: f64,
    pace: f64,
}

impl Mishaps {
    pub(super) fn new(pace: f64) -> Self {
        Self { cut_left_s: 0.0, tunnel_left_s: 0.0, outage_left_s: 0.0, battery_mv: BATTERY_FULL_MV, pace }
    }

    pub(super) fn cut_power(&mut self, rng: &mut Rng) {
        self.cut_left_s = rng.between(CUT_S.0, CUT_S.1) / self.pace;
    }

    pub(super) fn lose_network(&mut self, rng: &mut Rng) {
        self.outage_left_s = rng.between(OUTAGE_S.0, OUTAGE_S.1) / self.pace;
    }

    pub(super) fn has_power(&self) -> bool {
        self.cut_left_s <= 0.0
    }

    pub(super) fn has_fix(&self) -> bool {
        self.tunnel_left_s <= 0.0
    }

    pub(super) fn has_network(&self) -> bool {
        self.outage_left_s <= 0.0
    }

    pub(super) fn battery_mv(&self) -> u16 {
        self.battery_mv as u16
    }

    /// Charge of the unit's own battery in per cent.
    pub(super) fn battery_level(&self) -> u8 {
        ((self.battery_mv - BATTERY_EMPTY_MV) / (BATTERY_FULL_MV - BATTERY_EMPTY_MV) * 100.0).round() as u8
    }

    /// Lets one second pass. Power is cut in parked vehicles, tunnels swallow moving ones.
    pub(super) fn second(&mut self, parked: bool, moving: bool, rng: &mut Rng) {
        for left_s in [&mut self.cut_left_s, &mut self.tunnel_left_s, &mut self.outage_left_s] {
            *left_s = (*left_s - 1.0).max(0.0);
        }
        let change_mv = if self.has_power() { CHARGE_MV_S } else { -DRAIN_MV_S } * self.pace;
        self.battery_mv = (self.battery_mv + change_mv).clamp(BATTERY_EMPTY_MV, BATTERY_FULL_MV);
        if parked && self.has_power() && rng.chance(self.pace / SECONDS_BETWEEN_CUTS) {
            self.cut_power(rng);
        }
        if moving && self.has_fix() && rng.chance(1.0 / SECONDS_BETWEEN_TUNNELS) {
            self.tunnel_left_s = rng.between(TUNNEL_S.0, TUNNEL_S.1);
        }
        if self.has_network() && rng.chance(self.pace / SECONDS_BETWEEN_OUTAGES) {
            self.lose_network(rng);
        }
    }
}
