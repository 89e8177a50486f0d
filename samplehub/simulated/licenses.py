"""Licence files: the text of a short licence, and the opening of a long one."""

from samplehub.content import File, plain_file

_MIT = """MIT License

Copyright (c) {year} {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
_BSD = """BSD 3-Clause License

Copyright (c) {year}, {holder}
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its
   contributors may be used to endorse or promote products derived from
   this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""
_APACHE = """                                 Apache License
                           Version 2.0, January 2004
                        http://www.apache.org/licenses/

   TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION

   1. Definitions.

      "License" shall mean the terms and conditions for use, reproduction,
      and distribution as defined by Sections 1 through 9 of this document.

      "Licensor" shall mean the copyright owner or entity authorized by
      the copyright owner that is granting the License.
"""
_LLAMA = """{title} COMMUNITY LICENSE AGREEMENT
{name} Version Release Date: {date}

"Agreement" means the terms and conditions for use, reproduction, distribution and modification of the
Llama Materials set forth herein.
"""
_RAIL = """{title}
dated {date}

Section I: PREAMBLE

Multimodal generative models are being widely adopted and used, and have the potential to transform the way
artists, among other individuals, conceive and benefit from AI or ML technologies as a tool for content creation.
"""
_CREATIVE_COMMONS = """{title}

=======================================================================

Creative Commons Corporation ("Creative Commons") is not a law firm and
does not provide legal services or legal advice.
"""
_GPL = """                    GNU GENERAL PUBLIC LICENSE
                       Version 3, 29 June 2007

 Copyright (C) 2007 Free Software Foundation, Inc. <https://fsf.org/>
 Everyone is permitted to copy and distribute verbatim copies
 of this license document, but changing it is not allowed.
"""
_GEMMA = """Gemma Terms of Use

Last modified: February 21, 2024

By using, reproducing, modifying, distributing, performing or displaying any portion or element of Gemma,
Model Derivatives including via any Hosted Service, or otherwise accepting the terms of this agreement,
you agree to be bound by this agreement.
"""
_OTHER = """{name} Research License Agreement

The model may be used for research. Everything else needs a permission of {holder}.
"""


def _llama(number: str, date: str) -> str:
    return _LLAMA.format(title=f"LLAMA {number}", name=f"Llama {number}", date=date)


#: The texts by the id of a licence; ``other`` stands for one that the Hub has no id for.
TEXTS = {
    "apache-2.0": _APACHE,
    "mit": _MIT,
    "bsd-3-clause": _BSD,
    "gpl-3.0": _GPL,
    "gemma": _GEMMA,
    "other": _OTHER,
    "llama2": _llama("2", "July 18, 2023"),
    "llama3": _llama("3", "April 18, 2024"),
    "llama3.1": _llama("3.1", "July 23, 2024"),
    "llama3.2": _llama("3.2", "September 25, 2024"),
    "creativeml-openrail-m": _RAIL.format(title="CreativeML Open RAIL-M", date="August 22, 2022"),
    "openrail++": _RAIL.format(title="CreativeML Open RAIL++-M License", date="July 26, 2023"),
    "cc-by-4.0": _CREATIVE_COMMONS.format(title="Attribution 4.0 International"),
    "cc-by-nc-4.0": _CREATIVE_COMMONS.format(title="Attribution-NonCommercial 4.0 International"),
}


def license_file(path: str, license: str, holder: str, name: str, year: int) -> File:
    """A licence file; raises ``KeyError`` for a licence that has no text here."""
    return plain_file(path, TEXTS[license].format(holder=holder, name=name, year=year).encode())
