"""From what a user has, or a package ships, to the raw items of a data set; nothing is decoded unchecked.

`fetch.fetch` is the first of the three stages. A form of files is a module with `load(path, settings, scratch,
on_item) -> Raw`; `intake` and the modules named after what they open look before anything is decoded.
"""
