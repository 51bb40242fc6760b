import Fal
import OpenAI

extension Routing {
    /// The deployment that a job of an earlier process was sent by: the same entry, or what edits for
    /// it; else, where the entry is gone, one that reaches the same endpoint.
    func deployment(resuming journalName: String, endpoint: String) -> Deployment? {
        if let same = deployment(journaled: journalName, endpoint: endpoint) {
            if same.endpoint.id == endpoint { return same }
            let editing = same.serving(.edit)
            if editing.endpoint.id == endpoint { return editing }
        }
        return deployments(for: EndpointPattern.provider + endpoint).first
    }
}
