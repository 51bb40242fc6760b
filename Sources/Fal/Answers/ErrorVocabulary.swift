/// fal's words for errors, and what each means. https://docs.fal.ai/errors/
///
/// The word decides before the status does: fal has moved words between statuses.
enum ErrorVocabulary {
    struct Entry {
        let kind: FailureKind
        let resubmission: Resubmission
    }

    /// - Returns: `nil` for a word that is not in the tables: "some APIs are still being migrated",
    ///   and pydantic has words of its own.
    static func entry(for type: String) -> Entry? {
        entries[type]
    }

    /// Every word of the tables.
    static var words: [String] { entries.keys.sorted() }

    private static let entries: [String: Entry] = {
        var entries: [String: Entry] = [:]
        for (kind, resubmission, words) in table {
            for word in words { entries[word] = Entry(kind: kind, resubmission: resubmission) }
        }
        return entries
    }()

    /// Whether fal's runners say it, which end a job before a model is done (2.2). A model (2.3) may have worked.
    static func isOfRunner(_ type: String) -> Bool { ofRunners.contains(type) }

    private static let ofRunners = Set(runnerTable.flatMap(\.2))

    private static let table = runnerTable + modelTable

    private static let runnerTable: [(FailureKind, Resubmission, [String])] = [
        (.timedOut, .once, ["request_timeout", "startup_timeout"]),
        (.unavailable, .once, [
            "runner_scheduling_failure", "runner_connection_timeout", "runner_connection_refused",
            "runner_connection_error", "runner_disconnected",
        ]),
        (.modelFailed, .once, ["runner_incomplete_response", "runner_server_error", "internal_error"]),
        (.cancelled, .never, ["client_disconnected", "client_cancelled"]),
        (.badRequest, .never, ["bad_request"]),
        (.rateLimited, .safe, ["concurrent_requests_limit"]),
    ]

    private static let modelTable: [(FailureKind, Resubmission, [String])] = [
        (.modelFailed, .once, ["internal_server_error", "downstream_service_error", "downstream_service_unavailable"]),
        (.timedOut, .once, ["generation_timeout"]),
        (.refusedContent, .never, ["content_policy_violation"]),
        (.nothingGenerated, .never, ["no_media_generated"]),
        (.unusableInput, .never, [
            "image_too_small", "image_too_large", "image_load_error", "file_download_error", "face_detection_error",
            "file_too_large", "invalid_archive", "archive_file_count_below_minimum",
            "archive_file_count_exceeds_maximum", "audio_duration_too_long", "audio_duration_too_short",
            "video_duration_too_long", "video_duration_too_short", "unsupported_audio_format",
            "unsupported_image_format", "unsupported_video_format",
        ]),
        (.invalidParameter, .never, [
            "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of",
            "sequence_too_short", "sequence_too_long", "one_of", "feature_not_supported",
            // pydantic's own, the common ones; others go by their status.
            "missing", "literal_error", "enum", "int_parsing", "int_type", "int_from_float", "float_type",
            "float_parsing", "string_type", "string_too_long", "string_too_short", "bool_type", "bool_parsing",
            "list_type", "url_parsing", "value_error", "json_invalid", "extra_forbidden",
        ]),
    ]
}
