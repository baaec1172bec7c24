-- What decoding a source's device depends on besides its bytes, as a JSON object of texts by key.
ALTER TABLE sources ADD COLUMN device_settings TEXT NOT NULL DEFAULT '{}';
