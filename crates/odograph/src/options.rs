//! The settings as the rooms want them.

use std::time::{SystemTime, UNIX_EPOCH};

use dispatch::DispatchOptions;
use driver::DriverOptions;
use engine::{BlockedReports, EngineOptions, KeptLimits, OrderLimits, ReadLimits};
use fleet::{FleetOptions, HashCost, PasswordPolicy};
use gateway::DeviceOptions;
use intake::{IntakeOptions, KeepMax};
use live::{MonitorLimits, OutboxLimits, Timing};
use model::Timestamp;
use navixy::{BatchItemShape, FallbackOptions, NavixyOptions, SocketOptions};
use office::OfficeOptions;
use storage::journal::{JournalError, JournalOptions};
use trackit::TrackitOptions;
use web::{HttpLimits, SocketLimits, TrustedProxies};

use crate::settings::Settings;

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Timestamp::from_ms_clamped(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// For the web port.
pub(crate) fn http(settings: &Settings) -> (HttpLimits, SocketLimits, TrustedProxies) {
    let (http, limits, ws) = (&settings.http, &settings.limits, &settings.ws);
    let http_limits = HttpLimits {
        head_bytes_max: limits.http_head_bytes_max,
        body_bytes_max: limits.http_body_bytes_max,
        head_timeout_s: http.head_timeout_s,
        body_timeout_s: http.body_timeout_s,
        blocked_s: http.blocked_s,
        connections_per_address_max: limits.connections_per_address_max,
    };
    let socket_limits = SocketLimits {
        message_bytes_max: ws.message_bytes_max,
        ping_s: u64::from(ws.heartbeat_s),
        dead_peer_s: ws.dead_peer_s,
        blocked_s: ws.blocked_s,
        close_timeout_s: ws.close_timeout_s,
        write_bytes: ws.write_bytes_max,
    };
    (http_limits, socket_limits, TrustedProxies::new(http.trusted_proxies.clone()))
}

/// For the device ports.
pub(crate) fn devices(settings: &Settings) -> DeviceOptions {
    let devices = &settings.devices;
    DeviceOptions {
        limits: protocols::Limits {
            frame_bytes_max: devices.frame_bytes_max,
            gt06_frame_bytes_max: devices.gt06_frame_bytes_max,
            wialon_black_box_bytes_max: devices.wialon_black_box_bytes_max,
            jt808_frame_bytes_max: devices.jt808_frame_bytes_max,
            jt808_parts_max: devices.jt808_parts_max,
            jt808_parts_bytes_max: devices.jt808_parts_bytes_max,
            jt808_parts_ms_max: devices.jt808_parts_ms_max,
            queclink_frame_bytes_max: devices.queclink_frame_bytes_max,
            suntech_line_bytes_max: devices.suntech_line_bytes_max,
            login_bytes_max: devices.login_bytes_max,
            noise_bytes_max: devices.noise_bytes_max,
            bad_frames_in_a_row_max: devices.bad_frames_in_a_row_max,
            http_head_bytes_max: devices.http_head_bytes_max,
            ngp_body_bytes_max: devices.ngp_body_bytes_max,
            mqtt_head_bytes_max: devices.mqtt_head_bytes_max,
            mqtt_password: protocols::Secret::new(devices.mqtt_password.expose()),
            osmand_body_bytes_max: devices.osmand_body_bytes_max,
            uploads_in_flight_max: devices.uploads_in_flight_max,
            reports_per_upload_max: devices.reports_per_upload_max,
            text_bytes_max: devices.text_bytes_max,
            blob_bytes_max: devices.blob_bytes_max,
            json_depth_max: devices.json_depth_max,
            waiting_bytes_max: devices.waiting_bytes_max,
            partial_frame_ms_max: devices.partial_frame_ms_max,
            command_bytes_max: settings.commands.bytes_max,
            command_reply_ms_max: devices.command_reply_ms_max,
            command_pickup_ms_max: devices.command_pickup_ms_max,
        },
        connections_per_address_max: settings.limits.device_connections_per_address_max,
        unauthenticated_s: devices.unauthenticated_s,
        silence_s: devices.silence_s,
        order_hold_ms: devices.command_hold_ms,
        udp_peers_max: devices.udp_peers_max,
        udp_strangers_max: devices.udp_strangers_max,
        udp_idle_s: devices.udp_idle_s,
        udp_waiting_bytes_max: devices.udp_waiting_bytes_max,
        udp_waiting_per_peer_max: devices.udp_waiting_per_peer_max,
        clock: now,
    }
}

/// For the fleet.
pub(crate) fn fleet(settings: &Settings) -> FleetOptions {
    let (limits, sessions, passwords) = (&settings.limits, &settings.sessions, &settings.passwords);
    let defaults = FleetOptions::default();
    FleetOptions {
        user_lifetime_s: sessions.user_lifetime_s,
        panel_lifetime_s: sessions.panel_lifetime_s,
        live_sessions_per_user_max: sessions.live_per_user_max,
        sessid_lifetime_s: sessions.sessid_lifetime_s,
        sessids_per_user_max: sessions.sessids_per_user_max,
        basic_cache_s: sessions.basic_cache_s,
        basic_cache_max: sessions.basic_cache_max,
        pairing_code_lifetime_s: settings.driver.pairing_code_lifetime_s,
        pairing_codes_max: settings.driver.pairing_codes_max,
        pairing_failures_max: settings.driver.pairing_failures_max,
        driver_phones_per_tracker_max: settings.driver.phones_per_tracker_max,
        drivers_per_user_max: limits.drivers_per_user_max,
        predefined_texts_per_user_max: limits.predefined_texts_per_user_max,
        forms_per_user_max: limits.forms_per_user_max,
        api_keys_per_account_max: limits.api_keys_per_account_max,
        password_token_lifetime_s: passwords.token_lifetime_s,
        password_mail_interval_s: passwords.mail_interval_s,
        ui_settings_per_user_max: limits.ui_settings_per_user_max,
        ended_sessions_kept_days: sessions.ended_kept_days,
        ended_sessions_max: sessions.ended_max,
        login_failures_max: limits.login_attempts_per_minute_max,
        login_window_s: 60,
        login_names_max: limits.login_names_max,
        password_policy: PasswordPolicy {
            chars_min: passwords.chars_min,
            subuser_chars_min: passwords.subuser_chars_min,
            chars_max: passwords.chars_max,
            mixed: passwords.mixed,
            remembered: passwords.remembered,
            admin_chars_min: passwords.admin_chars_min,
        },
        hash_cost: HashCost {
            memory_kib: passwords.hash_memory_kib,
            passes: passwords.hash_passes,
            lanes: passwords.hash_lanes,
        },
        hash_workers: if passwords.hash_workers == 0 { defaults.hash_workers } else { passwords.hash_workers },
        hash_queue_max: passwords.hash_queue_max,
        write_queue_max: limits.catalog_queue_max,
        default_zone: settings.users.default_zone.clone(),
        users_max: limits.users_max,
        subusers_per_user_max: limits.subusers_per_user_max,
        trackers_max: limits.trackers_max,
        entities_max: limits.entities_max,
        sensors_per_type_max: limits.sensors_per_type_max,
        calibration_points_max: limits.calibration_points_max,
        composite_parents_max: limits.composite_parents_max,
        commands_per_tracker_max: limits.commands_per_tracker_max,
    }
}

/// For messages and commands.
pub(crate) fn dispatch(settings: &Settings) -> DispatchOptions {
    let (messages, driver, commands) = (&settings.messages, &settings.driver, &settings.commands);
    DispatchOptions {
        message_chars_max: messages.chars_max,
        guid_bytes_max: messages.guid_bytes_max,
        undelivered_per_source_max: messages.undelivered_per_driver_max,
        message_lifetime_s: messages.lifetime_s,
        messages_kept_days: messages.kept_days,
        messages_per_answer_max: messages.per_answer_max,
        answer_bytes_max: messages.answer_bytes_max,
        driver_event_bytes_max: driver.event_bytes_max,
        driver_events_kept_days: driver.events_kept_days,
        services_per_source_max: driver.services_per_tracker_max,
        service_chars_max: driver.service_chars_max,
        removed_services_kept_days: driver.removed_services_kept_days,
        file_bytes_max: driver.file_bytes_max,
        files_per_source_max: driver.files_per_tracker_max,
        files_bytes_per_source_max: driver.files_bytes_per_tracker_max,
        files_kept_days: driver.files_kept_days,
        command_bytes_max: commands.bytes_max,
        open_commands_per_source_max: commands.open_per_device_max,
        command_lifetime_s: commands.lifetime_s,
        commands_kept_days: commands.kept_days,
        queue_max: settings.limits.messages_queue_max,
    }
}

/// For the sockets and calls of drivers.
pub(crate) fn driver(settings: &Settings) -> DriverOptions {
    let driver = &settings.driver;
    DriverOptions {
        message_bytes_max: driver.message_bytes_max,
        text_chars_max: driver.text_chars_max,
        note_chars_max: driver.note_chars_max,
        value_chars_max: driver.value_chars_max,
        points_max: driver.points_max,
        hello_s: driver.hello_s,
        retry_s: driver.retry_s,
        requests_waiting_max: driver.requests_waiting_max,
        messages_ahead_max: driver.messages_ahead_max,
        bad_messages_per_minute_max: driver.bad_messages_per_minute_max,
        pair_failures_per_minute_max: driver.pair_failures_per_minute_max,
        pair_addresses_max: driver.pair_addresses_max,
    }
}

/// For devices that are not registered, and frames that could not be read.
pub(crate) fn intake(settings: &Settings) -> IntakeOptions {
    let (devices, quarantine) = (&settings.devices, &settings.quarantine);
    IntakeOptions {
        unknown_max: devices.unknown_max,
        adopted_per_minute_max: devices.adopted_per_minute_max,
        queue_frames_max: quarantine.queue_frames_max,
        queue_bytes_max: quarantine.queue_bytes_max,
        frames_per_second_max: quarantine.frames_per_second_max,
        keep: KeepMax {
            frames: quarantine.frames_max,
            bytes: quarantine.bytes_max,
            source_percent: quarantine.device_percent_max,
        },
    }
}

/// For the journal.
pub(crate) fn journal(settings: &Settings) -> JournalOptions {
    let journal = &settings.journal;
    JournalOptions {
        cache_bytes: journal.cache_bytes,
        memtable_bytes_max: journal.memtable_bytes_max,
        log_bytes_max: journal.log_bytes_max,
    }
}

/// For the engine.
pub(crate) fn engine(settings: &Settings, on_failure: fn(&JournalError)) -> EngineOptions {
    let (journal, status, ws) = (&settings.journal, &settings.status, &settings.ws);
    EngineOptions {
        timing: Timing {
            idle_s: status.idle_s,
            offline_s: status.offline_s,
            lost_s: status.lost_s,
            future_tolerance_s: settings.time.future_tolerance_s,
        },
        outbox: OutboxLimits {
            skippable_max: ws.queued_states_max,
            must_messages_max: ws.queued_messages_max,
            must_bytes_max: ws.queued_bytes_max,
        },
        queue_bytes_max: journal.queue_bytes_max,
        commit_gather_us: journal.commit_gather_us,
        reads: ReadLimits { reads_max: journal.reads_max, waiting_max: journal.reads_waiting_max },
        monitor: MonitorLimits {
            messages_max: MonitorLimits::default().messages_max,
            attributes_max: ws.monitor_attributes_max,
            value_bytes_max: ws.monitor_value_bytes_max,
            bytes_max: ws.monitor_bytes_max,
        },
        monitor_reports_max: ws.monitor_reports_max,
        kept: KeptLimits {
            pushes_max: ws.kept_events_max,
            bytes_max: ws.kept_events_bytes_max,
            kept_s: ws.kept_events_s,
        },
        orders: OrderLimits {
            waiting_max: settings.commands.waiting_per_device_max,
            wait_ms: settings.commands.wait_ms,
        },
        snapshot_s: journal.snapshot_s,
        retention_days: journal.retention_days,
        disk_reserve_bytes: journal.disk_reserve_bytes,
        blocked_reports: match journal.blocked_reports.as_str() {
            "discard" => BlockedReports::Discard,
            // The table lets no other word in.
            _ => BlockedReports::Keep,
        },
        clock: now,
        on_failure,
    }
}

/// For the office's own calls, which are counted as Navixy's are.
pub(crate) fn office(settings: &Settings) -> OfficeOptions {
    let limits = &settings.limits;
    OfficeOptions {
        clock: now,
        user_requests_per_second_max: limits.user_requests_per_second_max,
        panel_requests_per_second_max: limits.panel_requests_per_second_max,
        rate_keys_max: limits.request_counters_max,
    }
}

/// For TRACKiT's sockets and calls.
pub(crate) fn trackit(settings: &Settings) -> TrackitOptions {
    let trackit = &settings.trackit;
    TrackitOptions {
        auth_deadline_s: trackit.auth_deadline_s,
        message_bytes_max: trackit.message_bytes_max,
        bad_messages_per_minute_max: trackit.bad_messages_per_minute_max,
        refused_per_address_per_minute_max: trackit.refused_per_address_per_minute_max,
        refused_per_login_per_minute_max: trackit.refused_per_login_per_minute_max,
        refused_keys_max: trackit.refused_keys_max,
        user_requests_per_second_max: settings.limits.user_requests_per_second_max,
        rate_keys_max: settings.limits.request_counters_max,
        commands_per_device_per_minute_max: trackit.commands_per_device_per_minute_max,
        command_repeat_s: trackit.command_repeat_s,
        commands_under_way_max: trackit.commands_under_way_max,
        actions_per_socket_max: trackit.actions_per_socket_max,
        absence_s: trackit.absence_s,
        absences_max: trackit.absences_max,
        renew_s: renew_s(trackit.renew_s, settings.sessions.sessid_lifetime_s),
        records_per_answer_max: trackit.records_per_answer_max,
        past_reports_max: settings.limits.past_reports_max,
    }
}

/// How often a SESSID is bound anew: before it ends, however short it is bound.
fn renew_s(wanted_s: u32, lifetime_s: u32) -> u32 {
    wanted_s.min(lifetime_s / 2).max(1)
}

/// For Navixy's calls and sockets.
pub(crate) fn navixy(settings: &Settings) -> (NavixyOptions, SocketOptions) {
    let (limits, ws) = (&settings.limits, &settings.ws);
    let calls = NavixyOptions {
        clock: now,
        user_requests_per_second_max: limits.user_requests_per_second_max,
        panel_requests_per_second_max: limits.panel_requests_per_second_max,
        chat_trackers_max: limits.chat_trackers_max,
        rate_keys_max: limits.request_counters_max,
        empty_stubs: settings.navixy.empty_stubs,
        track_days_max: limits.track_days_max,
        history_days_max: limits.history_days_max,
        sensor_days_max: limits.sensor_days_max,
        mileage_trackers_max: limits.mileage_trackers_max,
        past_reports_max: limits.past_reports_max,
        past_points_max: limits.past_points_max,
    };
    let sockets = SocketOptions {
        heartbeat_s: ws.heartbeat_s,
        client_heartbeat_ms: ws.client_heartbeat_ms,
        unsubscribed_s: ws.unsubscribed_s,
        messages_per_second_max: limits.messages_per_second_max,
        sessions_per_connection_max: ws.sessions_per_connection_max,
        state_trackers_max: ws.state_max_trackers,
        batch_items_max: ws.batch_items_max,
        monitor_trackers_max: ws.monitor_trackers_max,
        batch_item_shape: match ws.batch_item_shape.as_str() {
            "wrapped" => BatchItemShape::Wrapped,
            "both" => BatchItemShape::Both,
            // The table lets no other word in.
            _ => BatchItemShape::Flat,
        },
        fallback: FallbackOptions {
            clients_max: ws.fallback_clients_max,
            messages_max: ws.fallback_messages_max,
            bytes_max: ws.fallback_bytes_max,
            message_bytes_max: ws.message_bytes_max,
            absent_s: ws.fallback_absent_s,
            poll_s: ws.fallback_poll_s,
            pause_ms: ws.fallback_pause_ms,
        },
    };
    (calls, sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rooms document their defaults; the table is not to say otherwise.
    #[test]
    fn the_defaults_are_those_of_the_rooms() {
        let settings = Settings::default();
        let (http, socket, _) = http(&settings);
        assert_eq!(format!("{http:?}"), format!("{:?}", HttpLimits::default()));
        assert_eq!(format!("{socket:?}"), format!("{:?}", SocketLimits::default()));
        assert_eq!(format!("{:?}", devices(&settings)), format!("{:?}", DeviceOptions::new(now)));
        // Its own default window is longer; the setting counts by the minute.
        let of_fleet = FleetOptions { login_window_s: 60, ..FleetOptions::default() };
        assert_eq!(format!("{:?}", fleet(&settings)), format!("{of_fleet:?}"));
        assert_eq!(dispatch(&settings), DispatchOptions::default());
        assert_eq!(driver(&settings), DriverOptions::default());
        assert_eq!(intake(&settings), IntakeOptions::default());
        assert_eq!(format!("{:?}", trackit(&settings)), format!("{:?}", TrackitOptions::default()));
        assert_eq!(format!("{:?}", journal(&settings)), format!("{:?}", JournalOptions::default()));
        let (calls, sockets) = navixy(&settings);
        assert_eq!(format!("{calls:?}"), format!("{:?}", NavixyOptions::new(now)));
        assert_eq!(format!("{sockets:?}"), format!("{:?}", SocketOptions::default()));
        let engine = engine(&settings, |_| {});
        assert_eq!(format!("{:?}", engine.timing), format!("{:?}", Timing::default()));
        assert_eq!(engine.reads, ReadLimits::default());
        assert_eq!(engine.monitor, MonitorLimits::default());
        assert_eq!(format!("{:?}", engine.outbox), format!("{:?}", OutboxLimits::default()));
        assert_eq!(engine.blocked_reports, BlockedReports::default());
        assert_eq!(engine.kept, KeptLimits::default());
    }

    #[test]
    fn a_socket_that_lives_on_has_its_sessid_bound_anew_in_time() {
        for (wanted_s, lifetime_s, expected) in [(3_600, 86_400, 3_600), (3_600, 600, 300), (3_600, 1, 1)] {
            assert_eq!(renew_s(wanted_s, lifetime_s), expected, "{wanted_s} {lifetime_s}");
        }
    }
}
