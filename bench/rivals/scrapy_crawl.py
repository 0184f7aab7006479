# SPDX-License-Identifier: MIT
"""Scrapy, as its tutorial has a spider that follows all links.

usage: scrapy_crawl.py URL REQUESTS"""
import sys

from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import Spider


class Everything(Spider):
    name = "everything"
    start_urls = [sys.argv[1]]
    extractor = LinkExtractor()

    def parse(self, response):
        if not hasattr(response, "text"):
            return
        for link in self.extractor.extract_links(response):
            yield response.follow(link, self.parse)


process = CrawlerProcess({
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": int(sys.argv[2]),
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_TIMEOUT": 30,
    "RETRY_TIMES": 1,
    "LOG_LEVEL": "CRITICAL",
    "TELNETCONSOLE_ENABLED": False,
    "REQUEST_FINGERPRINTER_IMPLEMENTATION": "2.7",
})
process.crawl(Everything)
process.start()
