"""Files for people: tables, maps, page, workbook, provenance, in a folder that appears whole."""
