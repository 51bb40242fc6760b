import Fal
import HTTP
import Ledger
import Money
import Reactor

/// `GET /metrics`: everything an operator watches, for Prometheus.
///
/// No key, prompt, user or address of a client is in it: labels are routes, statuses, names of the
/// configuration and our own words.
struct MetricsEndpoint: Sendable {
    let core: Core
    let connections: ConnectionCount

    func answer(_ setup: Setup) async -> Response {
        // Detached: the kernel's answer may take a while, and a child would prefer the loop.
        let process = await Task.detached { ProcessFigures.read() }.value
        let jobs: [JobState: Int]?
        do throws(LedgerError) { jobs = try await core.ledger.jobCounts() } catch { jobs = nil }
        var text = PrometheusText()
        describeRequests(core.metrics.snapshot, in: &text)
        describeRouting(core.metrics.snapshot, setup, in: &text)
        describeJobs(jobs, in: &text)
        text.add("falgate_open_connections", .gauge, "Connections of clients.", connections.current)
        text.add("process_resident_memory_bytes", .gauge, "Memory that the process holds.", process.residentBytes)
        text.add("process_open_fds", .gauge, "Open descriptors.", process.openDescriptors)
        text.add("process_max_fds", .gauge, "The most descriptors that the process may have.", process.mostDescriptors)
        return Response(status: 200, contentType: PrometheusText.contentType, content: text.bytes)
    }

    private func describeRequests(_ counts: Metrics.Counts, in text: inout PrometheusText) {
        text.begin("falgate_requests_total", .counter, "Requests that were answered.")
        for (key, count) in counts.answered {
            text.sample(
                "falgate_requests_total", [("route", key.route), ("status", String(key.status)), ("model", key.model)],
                String(count))
        }
        let name = "falgate_image_request_duration_seconds"
        text.begin(name, .histogram, "From an image request's first byte to its settlement, answered or not.")
        for (model, histogram) in counts.durations {
            var sum = 0
            for (index, count) in histogram.buckets.enumerated() {
                sum += count
                let bound = index < Metrics.bounds.count ? String(Metrics.bounds[index]) : "+Inf"
                text.sample(name + "_bucket", [("model", model), ("le", bound)], String(sum))
            }
            text.sample(name + "_sum", [("model", model)], String(histogram.sum / .seconds(1)))
            text.sample(name + "_count", [("model", model)], String(sum))
        }
        text.begin("falgate_spend_nanodollars_total", .counter, "What the ledger recorded since the start, in billionths of a dollar.")
        for (model, cost) in counts.spend {
            text.sample("falgate_spend_nanodollars_total", [("model", model)], String(cost.rawValue))
        }
        text.add("falgate_images_stored_total", .counter, "Images that store_images has kept.", counts.imagesStored)
        text.add(
            "falgate_images_not_stored_total", .counter, "Images that could not be fetched for store_images, or not written.",
            counts.imagesNotStored)
        text.add("falgate_requests_running", .gauge, "Image requests that are not over.", core.running.count)
    }

    private func describeRouting(_ counts: Metrics.Counts, _ setup: Setup, in text: inout PrometheusText) {
        text.begin("falgate_fal_failures_total", .counter, "Failures at fal and on the way there, retried ones included.")
        for (kind, count) in counts.falFailures {
            text.sample("falgate_fal_failures_total", [("kind", kind.rawValue)], String(count))
        }
        text.begin("falgate_cooldowns_total", .counter, "How often an entry of model_list or a fal key was cooled down.")
        for (what, count) in counts.cooldowns { text.sample("falgate_cooldowns_total", [("what", what)], String(count)) }
        let deployments = setup.routing.all.deployments
        let resting = deployments.filter { $0.rest(at: .now) != nil }
        text.add("falgate_deployments", .gauge, "Entries of model_list without a wildcard, times their keys.", deployments.count)
        text.add("falgate_deployments_cooled_down", .gauge, "Those that nothing is sent to at the moment.", resting.count)
    }

    /// - Parameter jobs: `nil` when the ledger cannot be read: the samples are missing then, for 0
    ///   would be a lie.
    private func describeJobs(_ jobs: [JobState: Int]?, in text: inout PrometheusText) {
        text.begin("falgate_jobs", .gauge, "Jobs in the journal that are not settled. Unknown: sent, and fal's answer was lost.")
        for state in JobState.allCases where state != .settled {
            guard let jobs else { break }
            text.sample("falgate_jobs", [("state", state.rawValue)], String(jobs[state] ?? 0))
        }
        text.add("falgate_ledger_up", .gauge, "1 while the last commit went well.", core.ledger.lastOutage == nil ? 1 : 0)
        text.add("falgate_ledger_outages_total", .counter, "Commits that the disk or the file refused.", core.ledger.outages)
        text.add("falgate_ledger_waiting_writes", .gauge, "Operations that wait for the next commit.", core.ledger.waitingWrites)
    }
}
