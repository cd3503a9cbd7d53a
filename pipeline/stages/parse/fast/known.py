"""What feedparser knows by name, written down: its import takes as long as fifty documents.

A test holds this against feedparser itself.
"""


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_RSS_MODULES = "http://purl.org/rss/1.0/modules/"
# feedparser's prefix for a namespace by its address in lower case; "" for the formats themselves.
NAMESPACES = {
    **dict.fromkeys(
        (
            "http://backend.userland.com/rss",
            "http://blogs.law.harvard.edu/tech/rss",
            "http://purl.org/rss/1.0/",
            "http://my.netscape.com/rdf/simple/0.9/",
            "http://example.com/newformat#",
            "http://example.com/necho",
            "http://purl.org/echo/",
            "uri/of/echo/namespace#",
            "http://purl.org/pie/",
            "http://purl.org/atom/ns#",
            "http://www.w3.org/2005/atom",
            "http://purl.org/rss/1.0/modules/rss091#",
        ),
        "",
    ),
    **{
        f"{_RSS_MODULES}{name}/": prefix
        for name, prefix in (
            ("aggregation", "ag"),
            ("annotate", "annotate"),
            ("content", "content"),
            ("email", "email"),
            ("event", "ev"),
            ("image", "image"),
            ("link", "l"),
            ("reference", "ref"),
            ("richequiv", "reqv"),
            ("search", "search"),
            ("servicestatus", "ss"),
            ("slash", "slash"),
            ("subscription", "sub"),
            ("syndication", "sy"),
            ("taxonomy", "taxo"),
            ("textinput", "ti"),
            ("threading", "thr"),
            ("wiki", "wiki"),
        )
    },
    f"{_RSS_MODULES}company": "co",
    "http://backend.userland.com/blogchannelmodule": "blogChannel",
    "http://backend.userland.com/creativecommonsrssmodule": "creativeCommons",
    "http://creativecommons.org/ns#license": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativeCommons",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://freshmeat.net/rss/fm/": "fm",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://madskills.com/public/xml/rss/module/pingback/": "pingback",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://podlove.org/simple-chapters": "psc",
    "http://postneo.com/icbm/": "icbm",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://schemas.pocketsoap.com/rss/mydescmodule/": "szf",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://web.resource.org/cc/": "cc",
    "http://webns.net/mvcb/": "admin",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://www.georss.org/georss": "georss",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.opengis.net/gml": "gml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://xmlns.com/foaf/0.1/": "foaf",
}
# Elements that feedparser does something about.
ELEMENTS = _listed(
    "abstract author body category cc_license channel cloud content content_encoded contributor "
    "copyright created creativeCommons_license creativecommons_license dc_author dc_contributor "
    "dc_creator dc_date dc_description dc_language dc_publisher dc_rights dc_subject dc_title "
    "dcterms_created dcterms_issued dcterms_modified dcterms_valid description email enclosure "
    "entry expirationdate feed feedburner_browserfriendly fullitem generator geom georss_box "
    "georss_line georss_point georss_polygon georss_where georssgeom gml_exterior gml_linearring "
    "gml_linestring gml_point gml_polygon gml_pos gml_poslist guid height homepage id image info "
    "issued item itunes_author itunes_block itunes_category itunes_email itunes_explicit "
    "itunes_image itunes_keywords itunes_link itunes_name itunes_owner itunes_subtitle "
    "itunes_summary keywords language lastbuilddate link managingeditor media_category "
    "media_content media_credit media_description media_group media_keywords media_license "
    "media_player media_rating media_restriction media_thumbnail media_title modified name "
    "newlocation psc_chapter psc_chapters pubdate published rights rss source subtitle summary "
    "tagline tags textInput textinput title updated uri url webmaster where width xhtml_body"
)
