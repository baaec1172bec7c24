//! A Teltonika unit, sans-IO: it remembers records until the server has counted them.
//!
//! What a unit may believe is subtle, because an answer is a bare number: it says how many records of *a* packet are
//! stored, not of which. A connection answers in order, so the n-th answer can only stand for the n-th packet sent or
//! a later one. An answer is therefore taken for the present packet only when more answers have come than packets went
//! out before it. That makes what a device calls acknowledged fit to be held against a server's journal, even where
//! answers are lost or packets are sent twice.

use std::collections::VecDeque;

use model::Timestamp;

use crate::wire::teltonika::{self, Answer, Answers, Codec, ElementValue, KEEP_ALIVE, Record};

/// Which records of the memory go first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SendOrder {
    /// The oldest: the server sees time run forwards.
    #[default]
    OldestFirst,
    /// The newest, and what an outage left behind in pieces going backwards.
    NewestFirst,
}

/// How a unit is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceOptions {
    /// What it logs in as.
    pub imei: String,
    /// The record format.
    pub codec: Codec,
    /// Which records go first.
    pub order: SendOrder,
    /// Records that a packet holds at most, 1 to 255.
    pub packet_records_max: usize,
    /// Bytes that a packet has at most, unless a single record is longer.
    pub packet_bytes_max: usize,
    /// Records that the memory holds, those under way included. A new one overwrites the oldest.
    pub memory_records_max: usize,
    /// Milliseconds to wait for an answer.
    pub answer_timeout_ms: i64,
    /// Milliseconds to wait before a packet that was answered with a wrong count goes out again.
    pub retry_pause_ms: i64,
    /// How often a packet is sent again on one connection before the unit hangs up.
    pub resends_max: u32,
    /// How many copies of every packet go out at once: more than one is the habit of units that lose answers.
    pub copies: u32,
    /// Milliseconds of silence after which a keep-alive is sent; 0 for none.
    pub keep_alive_ms: i64,
}

impl DeviceOptions {
    /// The vendor's usual settings: codec 8 Extended, oldest first, half a minute of patience.
    pub fn new(imei: &str) -> Self {
        Self {
            imei: imei.to_owned(),
            codec: Codec::EightExtended,
            order: SendOrder::OldestFirst,
            packet_records_max: 10,
            packet_bytes_max: teltonika::PACKET_BYTES_MAX,
            memory_records_max: 10_000,
            answer_timeout_ms: 30_000,
            retry_pause_ms: 5_000,
            resends_max: 2,
            copies: 1,
            keep_alive_ms: 0,
        }
    }
}

/// What a device has counted since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Records taken into the memory.
    pub recorded: u64,
    /// Records sent, every repeat counted.
    pub sent: u64,
    /// Records whose storing the server confirmed.
    pub acknowledged: u64,
    /// Records overwritten before they were acknowledged.
    pub overwritten: u64,
    /// Logins accepted.
    pub logins: u64,
    /// Logins refused.
    pub refused: u64,
    /// Packets sent again on the same connection.
    pub resends: u64,
    /// Connections given up because the other side said nothing, or something that is no answer.
    pub hung_up: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    Down,
    /// Waiting for the answer to the login.
    LoggingIn {
        until: Timestamp,
    },
    /// Nothing under way.
    Idle {
        since: Timestamp,
    },
    /// A packet is under way.
    Waiting {
        until: Timestamp,
        resends: u32,
    },
    /// The packet was answered with a wrong count and goes out again later.
    Pausing {
        until: Timestamp,
        resends: u32,
    },
    /// The device wants to hang up.
    Done,
}

/// One unit. Bytes to write are appended to the caller's buffer; the caller owns the connection.
#[derive(Debug)]
pub struct Device {
    options: DeviceOptions,
    memory: VecDeque<Record>,
    /// The records of the packet under way, and its bytes.
    under_way: Vec<Record>,
    packet: Vec<u8>,
    link: Link,
    answers: Answers,
    packets_sent: u64,
    packets_sent_before: u64,
    answers_seen: u64,
    /// The first digital input as the newest record has it.
    input_1: bool,
    counters: Counters,
}

impl Device {
    /// A unit with an empty memory and no connection.
    pub fn new(options: DeviceOptions) -> Self {
        Self {
            options,
            memory: VecDeque::new(),
            under_way: Vec::new(),
            packet: Vec::new(),
            link: Link::Down,
            answers: Answers::default(),
            packets_sent: 0,
            packets_sent_before: 0,
            answers_seen: 0,
            input_1: false,
            counters: Counters::default(),
        }
    }

    /// How it is set up.
    pub fn options(&self) -> &DeviceOptions {
        &self.options
    }

    /// What it has counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Records not yet acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.memory.len() + self.under_way.len()
    }

    /// Whether the server has accepted the login of the present connection.
    pub fn is_logged_in(&self) -> bool {
        matches!(self.link, Link::Idle { .. } | Link::Waiting { .. } | Link::Pausing { .. })
    }

    /// Whether the connection should be closed: the login was refused, or the other side does not answer.
    pub fn wants_close(&self) -> bool {
        self.link == Link::Done
    }

    /// Takes a record into the memory; it goes out with the next [`Device::tick`]. Gives back the record that was lost
    /// to make room, if any: the oldest that is not under way, or the new one when all are.
    pub fn record(&mut self, record: Record) -> Option<Record> {
        self.counters.recorded += 1;
        let input_1 = record.elements.iter().find(|element| element.id == teltonika::element::DIGITAL_INPUT_1);
        if let Some(input_1) = input_1 {
            self.input_1 = input_1.value == ElementValue::U8(1);
        }
        let full = self.unacknowledged() >= self.options.memory_records_max;
        let lost = if full { self.memory.pop_front() } else { None };
        if full {
            self.counters.overwritten += 1;
            if lost.is_none() {
                return Some(record);
            }
        }
        self.memory.push_back(record);
        lost
    }

    /// A connection is open: writes the login.
    pub fn connected(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        self.disconnected();
        self.link = Link::LoggingIn { until: now.plus_ms(self.options.answer_timeout_ms) };
        teltonika::encode_login(&self.options.imei, out);
    }

    /// The connection is gone. What was under way goes back to its place in the memory.
    pub fn disconnected(&mut self) {
        self.link = Link::Down;
        self.answers = Answers::default();
        (self.packets_sent, self.packets_sent_before, self.answers_seen) = (0, 0, 0);
        self.packet.clear();
        match self.options.order {
            SendOrder::OldestFirst => self.under_way.drain(..).rev().for_each(|r| self.memory.push_front(r)),
            SendOrder::NewestFirst => {
                self.memory.extend(self.under_way.drain(..));
                self.memory.make_contiguous().sort_by_key(|r| r.time);
            }
        }
    }

    /// Takes what the server sent, in any cuts. Records that are stored by now move to `acknowledged`, in the order in
    /// which they were sent.
    pub fn feed(&mut self, now: Timestamp, mut bytes: &[u8], out: &mut Vec<u8>, acknowledged: &mut Vec<Record>) {
        while self.link != Link::Done && self.link != Link::Down {
            let Some(answer) = self.answers.next(&mut bytes) else { break };
            match answer {
                Answer::Accepted => {
                    self.counters.logins += 1;
                    self.link = Link::Idle { since: now };
                }
                Answer::Refused => {
                    self.counters.refused += 1;
                    self.link = Link::Done;
                }
                Answer::Strange(_) => self.hang_up(),
                Answer::Stored(count) => self.counted(now, count, acknowledged),
                Answer::Command(text) => teltonika::encode_response(&self.reply(&text), out),
            }
        }
        self.tick(now, out);
    }

    /// Does what is due: sends what waits in the memory, repeats what was not answered, keeps the connection alive.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        match self.link {
            Link::Down | Link::Done => {}
            Link::LoggingIn { until } if now >= until => self.hang_up(),
            Link::LoggingIn { .. } => {}
            Link::Idle { since } => {
                if !self.memory.is_empty() {
                    self.pack();
                    self.send(now, 0, out);
                } else if self.keep_alive_due(since).is_some_and(|due| now >= due) {
                    out.push(KEEP_ALIVE);
                    self.link = Link::Idle { since: now };
                }
            }
            Link::Waiting { until, resends } | Link::Pausing { until, resends } if now >= until => {
                if resends >= self.options.resends_max {
                    self.hang_up();
                } else {
                    self.counters.resends += 1;
                    self.send(now, resends + 1, out);
                }
            }
            Link::Waiting { .. } | Link::Pausing { .. } => {}
        }
    }

    /// When [`Device::tick`] will next have something to do, new records aside.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.link {
            Link::Down | Link::Done => None,
            Link::LoggingIn { until } | Link::Waiting { until, .. } | Link::Pausing { until, .. } => Some(until),
            Link::Idle { since } => self.keep_alive_due(since),
        }
    }

    fn keep_alive_due(&self, since: Timestamp) -> Option<Timestamp> {
        (self.options.keep_alive_ms > 0).then(|| since.plus_ms(self.options.keep_alive_ms))
    }

    fn hang_up(&mut self) {
        self.counters.hung_up += 1;
        self.link = Link::Done;
    }

    /// An answer to a packet: to the present one, or a late one to an earlier copy.
    fn counted(&mut self, now: Timestamp, count: u32, acknowledged: &mut Vec<Record>) {
        self.answers_seen += 1;
        let Link::Waiting { resends, .. } = self.link else { return };
        if self.answers_seen <= self.packets_sent_before {
            return;
        }
        if count as usize == self.under_way.len() {
            self.counters.acknowledged += u64::from(count);
            acknowledged.append(&mut self.under_way);
            self.link = Link::Idle { since: now };
        } else {
            self.link = Link::Pausing { until: now.plus_ms(self.options.retry_pause_ms), resends };
        }
    }

    /// What the unit says to a command: its lines when it is asked for them, and else that it does not know it.
    fn reply(&self, command: &str) -> String {
        match command.trim() {
            "getio" => {
                format!("DI1:{} DO1:0 DO2:0", u8::from(self.input_1))
            }
            _ => "ERR: unknown command".to_owned(),
        }
    }

    /// Moves the records that go next out of the memory and writes their packet.
    fn pack(&mut self) {
        let Self { options, memory, packet, under_way, .. } = self;
        let at_most = options.packet_records_max.max(1);
        let bytes_max = options.packet_bytes_max;
        packet.clear();
        match options.order {
            SendOrder::OldestFirst => {
                let count = teltonika::encode_packet(options.codec, memory.iter().take(at_most), bytes_max, packet);
                under_way.extend(memory.drain(..count));
            }
            SendOrder::NewestFirst => {
                let newest = memory.iter().rev().take(at_most);
                let count = teltonika::encode_packet(options.codec, newest, bytes_max, packet);
                under_way.extend(memory.drain(memory.len() - count..).rev());
            }
        }
        self.packets_sent_before = self.packets_sent;
    }

    fn send(&mut self, now: Timestamp, resends: u32, out: &mut Vec<u8>) {
        for _ in 0..self.options.copies.max(1) {
            out.extend_from_slice(&self.packet);
            self.packets_sent += 1;
            self.counters.sent += self.under_way.len() as u64;
        }
        self.link = Link::Waiting { until: now.plus_ms(self.options.answer_timeout_ms), resends };
    }
}
