-- What a session is for: 'standard', 'api_key' or 'password_change'.
ALTER TABLE sessions ADD COLUMN purpose TEXT NOT NULL DEFAULT 'standard';
-- What the owner calls an API key.
ALTER TABLE sessions ADD COLUMN title TEXT;
-- What the hash of an API key is made of together with the key of the data folder, so that it can be shown again.
ALTER TABLE sessions ADD COLUMN seed BLOB;

-- How the user wants things shown, besides zone, locale and units, as a JSON object.
ALTER TABLE users ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
