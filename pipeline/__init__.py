"""How news moves: the life of an article, from a publisher's feed to a subscriber's reader.

1. *Watch.* `sources` reads sources.yaml: the feeds to poll and the conflicts with their keywords.
2. *Tick.* The clock (`jobs`) asks the database which feeds are due; `ingest` leases them.
3. *Fetch.* `fetch` makes one polite, guarded, conditional request for each.
4. *Parse.* `stages.parse` turns bytes into entries, in a worker that can be killed (`isolate`).
5. *Normalise.* `stages.normalise` gives every entry one shape: clean address, plain text, UTC.
6. *Deduplicate.* `stages.deduplicate` recognises what is already known and what was edited.
7. *Match.* `stages.match` tries every conflict's keywords and keeps the words it hit.
8. *Group.* `stages.group` puts copies of the same story together.
9. *Store.* `book` writes each feed whole or not at all, with its validators and its next turn.
10. *Review.* An editor decides on the desk (`web`) or in the shell (`cli`): `review`.
11. *Publish.* `stages.compose` and `stages.render` make the digest; `publish` writes it.

Doors call work, work calls edges and stages, stages are pure. `docs/architecture.md` has the map.
"""

__version__ = "0.1.0"
