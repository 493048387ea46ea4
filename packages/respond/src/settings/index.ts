/** Settings of responses: whom the agent may ask, and where its secrets are. Nothing here asks. */
export { readResponseSettings, type SettingsReading, settingsJsonSchemaText } from './read-settings.js';
export { NO_SETTINGS, type ResponseSettings } from './response-settings.js';
