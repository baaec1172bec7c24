//! What clients see, checked from outside.

#[cfg(test)]
mod decode;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod http_accounts;
#[cfg(test)]
mod http_calls;
#[cfg(test)]
mod http_chat;
#[cfg(test)]
mod http_clones;
#[cfg(test)]
mod http_commands;
#[cfg(test)]
mod http_counters;
#[cfg(test)]
mod http_groups;
#[cfg(test)]
mod http_history;
#[cfg(test)]
mod http_models;
#[cfg(test)]
mod http_panel;
#[cfg(test)]
mod http_presets;
#[cfg(test)]
mod http_readings;
#[cfg(test)]
mod http_rights;
#[cfg(test)]
mod http_sensor_data;
#[cfg(test)]
mod http_sensors;
#[cfg(test)]
mod http_settings;
#[cfg(test)]
mod http_stubs;
#[cfg(test)]
mod http_subusers;
#[cfg(test)]
mod http_tags;
#[cfg(test)]
mod http_track;
#[cfg(test)]
mod http_unbound;
#[cfg(test)]
mod http_user;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod readings;
#[cfg(test)]
mod states;
#[cfg(test)]
mod world;
